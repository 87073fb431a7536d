"""How far a run of a model came, on the model's drawing."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.tenancy import scope
from function_models.compiling.compile import compile_canvas
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.services.drawing import put_canvas
from node_links.choices import FeatureType
from node_links.services.versions import publish_entity
from spindles.models import Execution
from tests.factories import Cast, make_cast, make_model
from tests.function_models.drawings import container, drawing, tether
from tests.function_models.pictures.reading import actions, containers, legend, ways
from tests.node_links.pictures.graphs import texts
from tests.spindles.stored import make_run


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def published(cast: Cast) -> FunctionModel:
    document = drawing(container("a"), tether("x", "a"), container("b"), container("c"),
                       arrows=("a>b", "b>c"))  # fmt: skip
    model = make_model(cast.owner, document)
    with scope(cast.owner.actor):
        publish_entity(FunctionModelVersion, actor=cast.owner.actor, entity=model, version=None,
                       notes="")  # fmt: skip
    return model


def run_of(cast: Cast, model: FunctionModel, **values: Any) -> Execution:
    given: dict[str, Any] = {"source_version": "1.0.0", **values}
    return make_run(
        cast.owner, compile_canvas(model.canvas),
        {"b#open": "completed", "b": "failed", "c#open": "skipped", "c": "skipped"},
        source_feature=FeatureType.FUNCTION_MODEL, source_id=model.pk, source_name=model.name,
        status="failed", **given,
    )  # fmt: skip


def picture(cast: Cast, run: Execution) -> Any:
    return cast.viewer.client.get(f"/api/v1/executions/{run.pk}/path.svg")


def test_nodes_show_the_states_of_their_steps_and_arrows_what_was_taken(cast: Cast) -> None:
    model = published(cast)

    answer = picture(cast, run_of(cast, model))

    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    svg = answer.content.decode()
    shown = containers(svg)
    assert {name: "".join(c for c in box.classes if c.startswith("rnp-"))
            for name, box in shown.items()} == {
        "a": "rnp-completed", "b": "rnp-failed", "c": "rnp-skipped",
    }  # fmt: skip
    assert "rnp-completed" in actions(svg)["x"].classes
    assert shown["b"].hint.startswith("Failed · 1 s · b")
    assert ways(svg) == {
        "b depends on a": "fmp-taken fmp-way", "c depends on b": "fmp-way",
    }  # fmt: skip
    assert texts(svg)[0] == "Handle an incident 1.0.0"
    assert texts(svg)[1].startswith("failed in 7 s")
    assert {"Completed", "Failed", "Skipped"} <= set(legend(svg))
    assert "draft" not in legend(svg)


def test_a_draft_that_is_drawn_differently_by_now_is_shown_as_its_plan(cast: Cast) -> None:
    model = published(cast)
    run = run_of(cast, model, is_draft=True)
    assert "fmp-container" in picture(cast, run).content.decode()
    model = make_model(cast.owner, drawing(container("a")), name="Other")
    draft = run_of(cast, model, is_draft=True)

    with scope(cast.owner.actor):
        put_canvas(actor=cast.owner.actor, pk=model.pk, document=drawing(container("z")))

    svg = picture(cast, draft).content.decode()
    assert "fmp-container" not in svg
    assert "spp-step" in svg


@pytest.mark.parametrize("values", [{"source_version": "7.0.0"}])
def test_a_version_that_is_gone_is_shown_as_its_plan(cast: Cast, values: Any) -> None:
    svg = picture(cast, run_of(cast, published(cast), **values)).content.decode()

    assert "spp-step" in svg


def test_a_model_that_is_gone_is_shown_as_its_plan(cast: Cast) -> None:
    model = published(cast)
    run = make_run(cast.owner, compile_canvas(model.canvas), source_id=uuid4(),
                   source_feature=FeatureType.FUNCTION_MODEL)  # fmt: skip

    assert "spp-step" in picture(cast, run).content.decode()
