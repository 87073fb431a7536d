"""A spindle's picture over REST, and runs on the drawing of their spindles."""

from typing import Any

import pytest

from accounts.tenancy import scope
from node_links.choices import Bump
from spindles.models import Execution, Spindle
from spindles.services.planning import keep_plan
from spindles.services.plans import load_plan
from spindles.services.publishing import open_spindle_version, publish_spindle
from spindles.services.spindles import update_spindle
from tests.factories import Cast, make_cast, make_spindle
from tests.node_links.pictures.graphs import texts
from tests.spindles.definitions.writing import gate, step
from tests.spindles.pictures.reading import step_signs, ways
from tests.spindles.stored import make_run


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def spindle(cast: Cast) -> Spindle:
    """Return a spindle with version 1.0.0, and a draft 1.1.0 with another step."""
    actor = cast.owner.actor
    branches = [gate("severe"), step("page", "severe:yes"), step("note", "severe:no")]
    found = make_spindle(cast.owner, steps=branches, name="Answer an incident",
                         inputs=[{"name": "ok", "type": "boolean"}])  # fmt: skip
    with scope(actor):
        publish_spindle(actor=actor, pk=found.pk)
        open_spindle_version(actor=actor, pk=found.pk, bump=Bump.MINOR)
        steps = [*branches, step("tell", "page")]
        return update_spindle(actor=actor, pk=found.pk, values={"steps": steps})


def picture(cast: Cast, spindle: Spindle, **query: str) -> Any:
    return cast.viewer.client.get(f"/api/v1/spindles/{spindle.pk}/canvas.svg", query)


def run_of(cast: Cast, spindle: Spindle, **values: Any) -> Execution:
    with scope(cast.owner.actor):
        plan = load_plan(keep_plan(actor=cast.owner.actor, spindle=spindle))
    return make_run(
        cast.owner, plan, {"note": "skipped"}, source_id=spindle.pk, source_name=spindle.name,
        **values,
    )  # fmt: skip


def path(cast: Cast, run: Execution) -> str:
    answer = cast.viewer.client.get(f"/api/v1/executions/{run.pk}/path.svg")
    assert answer.status_code == 200
    svg: str = answer.content.decode()
    return svg


def test_a_member_sees_the_steps_and_the_branches_they_wait_for(
    cast: Cast, spindle: Spindle
) -> None:
    answer = picture(cast, spindle)

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    svg = answer.content.decode()
    assert texts(svg)[:2] == ["Answer an incident", "version 1.1.0 · draft · 4 steps"]
    assert list(ways(svg)) == [
        "page waits for severe · yes", "note waits for severe · no", "tell waits for page",
    ]  # fmt: skip


@pytest.mark.parametrize("version", ["1.0.0", "published"])
def test_a_published_version_is_drawn_as_it_was(cast: Cast, spindle: Spindle, version: str) -> None:
    svg = picture(cast, spindle, version=version).content.decode()

    assert list(step_signs(svg)) == ["severe", "page", "note"]
    assert texts(svg)[1] == "version 1.0.0 · live · 3 steps"


def test_what_is_not_there_is_not_drawn(cast: Cast, spindle: Spindle) -> None:
    assert picture(cast, spindle, version="9.0.0").status_code == 404
    assert picture(cast, spindle, version="x").status_code == 400
    foreign = cast.stranger.client.get(f"/api/v1/spindles/{spindle.pk}/canvas.svg")
    assert foreign.status_code == 404


def test_a_run_is_drawn_on_the_version_that_ran(cast: Cast, spindle: Spindle) -> None:
    svg = path(cast, run_of(cast, spindle, source_version="1.0.0"))

    assert step_signs(svg) == {
        "severe": "rnp-completed", "page": "rnp-completed", "note": "rnp-skipped",
    }  # fmt: skip
    assert ways(svg) == {
        "page waits for severe · yes": True, "note waits for severe · no": False,
    }  # fmt: skip


def test_a_run_of_what_is_drawn_differently_by_now_is_shown_as_its_plan(
    cast: Cast, spindle: Spindle
) -> None:
    run = run_of(cast, spindle, is_draft=True)
    with scope(cast.owner.actor):
        update_spindle(actor=cast.owner.actor, pk=spindle.pk, values={"steps": [step("new")]})

    svg = path(cast, run)

    assert set(step_signs(svg)) >= {"severe", "page", "note", "tell"}
    assert "new" not in step_signs(svg)
    gone = run_of(cast, spindle, source_version="7.0.0")
    assert "tell" in step_signs(path(cast, gone))
