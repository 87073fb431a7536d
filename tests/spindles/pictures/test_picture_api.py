"""Pictures of a run over REST, and how they are read."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services import create_access_key
from accounts.tenancy import scope
from spindles.models import Execution, ExecutionStep
from spindles.plans.plan import Plan, Step
from tests.factories import Cast, make_cast
from tests.node_links.pictures.graphs import texts
from tests.spindles.pictures.reading import lanes, step_signs, ways
from tests.spindles.stored import at, chain, make_run, make_step, make_try


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def timeline(client: Any, run: Execution) -> Any:
    return client.get(f"/api/v1/executions/{run.pk}/timeline.svg")


def path(client: Any, run: Execution) -> Any:
    return client.get(f"/api/v1/executions/{run.pk}/path.svg")


def test_a_member_sees_the_timeline_of_a_run(cast: Cast) -> None:
    run = make_run(cast.owner, statuses={"tell": "skipped"})

    answer = timeline(cast.viewer.client, run)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    svg = answer.content.decode()
    assert texts(svg)[:2] == [
        "Answer an incident 1.2.0",
        "completed in 3 s · 3 of 3 steps · production · began 21 Nov 2026, 10:30:01 UTC",
    ]
    shown = lanes(svg)
    assert list(shown) == ["Whole run", "Fetch", "Score", "Tell"]
    assert [len(lane.tries) for lane in shown.values()] == [0, 1, 1, 0]


def test_a_member_sees_how_far_a_run_came(cast: Cast) -> None:
    run = make_run(cast.owner, statuses={"score": "failed", "tell": "skipped"}, status="failed")

    answer = path(cast.viewer.client, run)

    assert answer.status_code == 200
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    svg = answer.content.decode()
    assert step_signs(svg) == {
        "Fetch": "rnp-completed", "Score": "rnp-failed", "Tell": "rnp-skipped",
    }  # fmt: skip
    assert ways(svg) == {"Score waits for Fetch": True, "Tell waits for Score": False}
    assert "its condition was false" in texts(svg)


@pytest.mark.parametrize("picture", [timeline, path])
def test_a_picture_that_is_held_is_not_sent_again_until_it_changes(
    cast: Cast, picture: Any
) -> None:
    run = make_run(cast.owner)
    client = cast.viewer.client
    tag = picture(client, run)["ETag"]

    address = f"/api/v1/executions/{run.pk}/{picture.__name__}.svg"
    held = client.get(address, headers={"If-None-Match": tag})

    assert (held.status_code, held.content) == (304, b"")
    with scope(cast.owner.actor):
        ExecutionStep.objects.filter(execution=run, step_id="tell").update(status="failed")
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("picture", [timeline, path])
def test_runs_of_others_are_not_there(cast: Cast, picture: Any) -> None:
    run = make_run(cast.owner)

    assert picture(cast.stranger.client, run).status_code == 404
    address = f"/api/v1/executions/{run.pk}/{picture.__name__}.svg?size=3"
    assert cast.viewer.client.get(address).status_code == 400


def test_an_access_key_needs_the_scope(cast: Cast) -> None:
    run = make_run(cast.owner)
    with scope(cast.owner.actor):
        _, key = create_access_key(actor=cast.owner.actor, name="k", scopes=["spindles:read"])
        _, fit = create_access_key(actor=cast.owner.actor, name="l", scopes=["executions:read"])
    client = cast.owner.client

    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert timeline(client, run).status_code == 403
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {fit}")
    assert timeline(client, run).status_code == 200


def parts() -> Plan:
    """Return the plan of one part with two steps inside."""
    return Plan(
        steps=(
            Step(id="s#open", kind="container_open", name="Triage", internal=True),
            Step(id="a", kind="noop", name="Look", depends_on=("s#open",), parent="s#open"),
            Step(id="b", kind="noop", name="Score", depends_on=("s#open", "a"), parent="s#open"),
            Step(id="s", kind="container_close", name="Triage", closes="s#open",
                 depends_on=("s#open", "a", "b")),
        )
    )  # fmt: skip


def test_the_steps_of_a_part_stand_below_it(cast: Cast) -> None:
    run = make_run(cast.owner, parts(), {"b": "running", "s": "pending"}, status="running")

    shown = lanes(timeline(cast.viewer.client, run).content.decode())
    signs = step_signs(path(cast.viewer.client, run).content.decode())

    assert list(shown) == ["Whole run", "Triage", "Look", "Score"]
    assert shown["Look"].left == shown["Triage"].left + 16
    assert shown["Triage"].sign == signs["Triage"] == "rnp-running"
    assert signs["Score"] == "rnp-running"


def test_a_part_that_is_not_open_yet_has_not_begun(cast: Cast) -> None:
    run = make_run(cast.owner, parts(), dict.fromkeys(("s#open", "a", "b", "s"), "pending"),
                   status="pending", started_at=None)  # fmt: skip

    shown = lanes(timeline(cast.viewer.client, run).content.decode())

    assert shown["Triage"].sign == "rnp-pending"
    assert shown["Triage"].bars == ()


def test_what_waits_for_people_items_and_runs_is_shown_with_them(cast: Cast) -> None:
    run = make_run(cast.owner, chain("each", kind="map"), status="running",
                   statuses={"each": "waiting"})  # fmt: skip
    child = make_run(cast.owner, chain("read"), parent=run, parent_step_id="each", depth=1,
                     source_name="Collect")  # fmt: skip
    make_run(cast.owner, chain("deep"), parent=child, parent_step_id="read", depth=2,
             source_name="Deeper")  # fmt: skip
    with scope(cast.owner.actor):
        for index in range(3):
            make_step(run, f"each[{index}]", position=0, item_of="each", item_index=index)

    shown = lanes(timeline(cast.viewer.client, run).content.decode())

    assert list(shown) == [
        "Whole run", "Each", "3 items", "Collect 1.2.0", "Read", "Deeper 1.2.0", "Deep",
    ]  # fmt: skip
    assert "rnp-waited" in shown["Each"].tries[0].classes


def test_every_try_is_read_with_its_failure(cast: Cast) -> None:
    run = make_run(cast.owner, chain("fetch"))
    with scope(cast.owner.actor):
        make_try(run, "fetch", 2, "failed", begin=3, error="http_503")

    tries = lanes(timeline(cast.viewer.client, run).content.decode())["Fetch"].tries

    assert "http_503" in tries[1].hint


def test_a_step_that_failed_before_its_first_try_says_why(cast: Cast) -> None:
    run = make_run(cast.owner, chain("fetch"), {"fetch": "pending"}, status="failed")
    with scope(cast.owner.actor):
        ExecutionStep.objects.filter(execution=run).update(
            status="failed", error={"code": "template_error", "message": "There is no step zz."}
        )

    for picture in (timeline, path):
        svg = picture(cast.viewer.client, run).content.decode()
        assert any("template_error" in text for text in texts(svg))


def test_what_was_taken_over_from_another_run_says_so(cast: Cast) -> None:
    run = make_run(cast.owner, chain("fetch", "score"))
    with scope(cast.owner.actor):
        run.attempts.filter(step_id="fetch").delete()
        ExecutionStep.objects.filter(execution=run, step_id="fetch").update(
            attempt=0, note="Taken over.", started_at=at(-90), completed_at=at(-80)
        )

    svg = timeline(cast.viewer.client, run).content.decode()

    assert "completed · taken over" in texts(svg)
    assert lanes(svg)["Fetch"].bars == ()
    assert lanes(svg)["Score"].bars[0].hint == "Ready, waited 1 s for a free worker"


def test_items_beyond_the_most_are_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spindles.services.run_pictures.MOST_ITEMS", 2)
    run = make_run(cast.owner, chain("each", kind="map"))
    with scope(cast.owner.actor):
        for index in range(5):
            make_step(run, f"each[{index}]", position=0, item_of="each", item_index=index)

    shown = lanes(timeline(cast.viewer.client, run).content.decode())

    assert len(shown["5 items"].bars) == 2


def test_the_number_of_queries_does_not_grow_with_steps_and_runs(cast: Cast) -> None:
    def queries(steps: int, children: int) -> int:
        run = make_run(cast.owner, chain(*(f"s{n}" for n in range(steps))))
        for _ in range(children):
            make_run(cast.owner, parent=run, parent_step_id="s0", depth=1)
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert timeline(client, run).status_code == 200
        return len(counted)

    client = cast.viewer.client
    assert queries(2, 1) == queries(30, 6)


def test_a_draft_is_named_as_one(cast: Cast) -> None:
    run = make_run(cast.owner, is_draft=True, created_at=at(-3))

    svg = timeline(cast.viewer.client, run).content.decode()

    assert texts(svg)[0] == "Answer an incident 1.2.0 (draft)"
