"""What steps refer to: found, linked, waited for; and ways back to the spindle itself."""

from typing import Any

import pytest

from accounts.tenancy import scope
from node_links.events.delivering import deliver
from node_links.events.subscribing import subscribers
from node_links.models import NodeLink
from spindles.models import Spindle
from spindles.services.life_cycle import delete_spindle, restore_spindle
from spindles.services.problems import problems_of
from spindles.services.publishing import publish_spindle
from spindles.services.spindles import update_spindle
from tests.factories import Cast, make_model, make_sop, make_spindle
from tests.function_models.drawings import container, drawing, tether
from tests.spindles.definitions.writing import step

pytestmark = pytest.mark.django_db

UNKNOWN = "01a1fd92-4485-7125-9c15-0fe4a3fc4ef3"


def runs(step_id: str, target: Any, feature: str = "spindle", **params: Any) -> dict[str, Any]:
    """Return a step that runs another spindle or model."""
    named = {"feature": feature, "target": str(target), **params}
    return step(step_id, kind="sub_execution", params=named)


def reads(step_id: str, sop: Any, **params: Any) -> dict[str, Any]:
    """Return a step that reads an SOP."""
    return step(step_id, kind="kb_read", params={"sop": str(sop), **params})


def links(cast: Cast, spindle: Spindle) -> set[tuple[str | None, str, str, str]]:
    """Return (node, type, target feature, target id) of the derived links of a spindle's steps."""
    with scope(cast.editor.actor):
        rows = NodeLink.objects.leaving("spindle", spindle.pk).filter(origin="derived")
        return {
            (r.source_node_id, r.link_type, r.target_feature, str(r.target_entity_id)) for r in rows
        }


def problems(cast: Cast, spindle: Spindle) -> list[tuple[str, str | None, str]]:
    """Return (code, step, pointer) of each problem."""
    with scope(cast.editor.actor):
        stored = Spindle.all_objects.get(pk=spindle.pk)
        return [(one.code, one.step_id, one.pointer) for one in problems_of(stored)]


def change(cast: Cast, spindle: Spindle, *steps: dict[str, Any]) -> None:
    """Replace the steps of a spindle."""
    with scope(cast.editor.actor):
        update_spindle(actor=cast.editor.actor, pk=spindle.pk, values={"steps": list(steps)})


def hear() -> None:
    """Deliver to the subscriber what has happened."""
    subscriber = subscribers.get("spindle_references")
    assert subscriber is not None
    while deliver(subscriber).delivered:
        pass


def test_each_step_keeps_a_link_to_what_it_refers_to(cast: Cast) -> None:
    sop, model = make_sop(cast.editor), make_model(cast.editor)
    inner = make_spindle(cast.editor, name="Inner", slug="inner", steps=[step("x")])
    mapped = {"items": [1], "step": {"kind": "kb_read", "params": {"sop": str(sop.pk)}}}
    spindle = make_spindle(
        cast.editor,
        steps=[
            runs("a", "inner"),
            runs("b", str(inner.pk).upper()),
            runs("m", model.pk, "function-model"),
            reads("k", sop.pk),
            reads("t", sop.title),
            step("each", kind="map", params=mapped),
            reads("later", "${{ inputs.sop }}"),
        ],
    )

    sop_end = ("consumes", "knowledge-base", str(sop.pk))
    assert links(cast, spindle) == {
        ("a", "triggers", "spindle", str(inner.pk)),
        ("b", "triggers", "spindle", str(inner.pk)),
        ("m", "triggers", "function-model", str(model.pk)),
        ("k", *sop_end),
        ("t", *sop_end),
        ("each", *sop_end),
    }
    assert problems(cast, spindle) == []

    change(cast, spindle, reads("k", sop.pk))
    assert links(cast, spindle) == {("k", *sop_end)}


def test_what_is_not_there_is_told(cast: Cast) -> None:
    foreign = make_sop(cast.stranger)
    spindle = make_spindle(
        cast.editor,
        steps=[reads("k", foreign.pk), runs("s", "ghost"), runs("x", UNKNOWN, "agent")],
    )

    assert problems(cast, spindle) == [
        ("dangling_reference", "k", "/steps/0/params/sop"),
        ("dangling_reference", "s", "/steps/1/params/target"),
        ("dangling_reference", "x", "/steps/2/params/target"),
    ]
    assert links(cast, spindle) == set()


def test_a_version_has_to_be_there_too(cast: Cast) -> None:
    inner = make_spindle(cast.editor, name="Inner", steps=[step("x")])
    with scope(cast.editor.actor):
        publish_spindle(actor=cast.editor.actor, pk=inner.pk)
    spindle = make_spindle(
        cast.editor,
        steps=[
            runs("a", inner.pk, version="01.0.0"),
            runs("b", inner.pk, version="2.0.0"),
            runs("c", inner.pk, version="published"),
            runs("d", inner.pk, version="draft"),
        ],
    )

    assert problems(cast, spindle) == [("dangling_reference", "b", "/steps/1/params/target")]


def test_what_appears_is_linked(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[runs("s", "ghost"), reads("k", "Vent the tank")])
    made = make_spindle(cast.editor, name="Ghost")
    sop = make_sop(cast.editor, title="Vent the tank")

    hear()

    assert links(cast, spindle) == {
        ("s", "triggers", "spindle", str(made.pk)),
        ("k", "consumes", "knowledge-base", str(sop.pk)),
    }
    assert problems(cast, spindle) == []
    with scope(cast.editor.actor):
        assert Spindle.objects.get(pk=spindle.pk).dangling_references == []


def test_a_restored_spindle_follows_what_it_refers_to(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[runs("s", "ghost")])
    owner = cast.owner.actor
    with scope(owner):
        delete_spindle(actor=owner, pk=spindle.pk)
    ghost = make_spindle(cast.editor, name="Ghost")
    with scope(owner):
        restore_spindle(actor=owner, pk=spindle.pk)

    assert links(cast, spindle) == {("s", "triggers", "spindle", str(ghost.pk))}


def test_a_spindle_does_not_start_itself(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, slug="self", steps=[runs("s", "self")])

    assert problems(cast, spindle) == [("nested_cycle", "s", "/steps/0/params/target")]


def test_no_way_leads_back_through_others(cast: Cast) -> None:
    first = make_spindle(cast.editor, name="First", steps=[step("x")])
    second = make_spindle(cast.editor, name="Second", steps=[runs("s", "first")])
    third = make_spindle(cast.editor, name="Third", steps=[runs("s", "second")])
    assert problems(cast, third) == []

    change(cast, first, step("x"), runs("back", "third"))

    for spindle, pointer in ((first, 1), (second, 0), (third, 0)):
        [(code, _, at)] = problems(cast, spindle)
        assert (code, at) == ("nested_cycle", f"/steps/{pointer}/params/target")


def test_no_way_leads_back_through_a_model(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("x")])
    tethered = drawing(container("c"), tether("t", "c", tether_reference_id=str(spindle.pk)))
    model = make_model(cast.editor, tethered)

    change(cast, spindle, runs("m", model.pk, "function-model"))

    assert problems(cast, spindle) == [("nested_cycle", "m", "/steps/0/params/target")]


def test_a_waiting_link_does_not_outlive_its_draft(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[runs("s", "ghost")])
    change(cast, spindle, step("s"))
    make_spindle(cast.editor, name="Ghost")

    hear()

    assert links(cast, spindle) == set()


def test_a_model_is_told_whether_its_spindle_runs(cast: Cast) -> None:
    client = cast.editor.client
    spindle = make_spindle(cast.editor, steps=[step("x")])
    tethered = drawing(container("c"), tether("t", "c", tether_reference_id=str(spindle.pk)))
    model = make_model(cast.editor, tethered)
    spindles, models = f"/api/v1/spindles/{spindle.pk}/", f"/api/v1/function-models/{model.pk}/"

    def told() -> list[str]:
        body = client.post(f"{models}validate/", {"level": "cross_feature"}).json()
        found = body["categories"]["cross_feature"]
        return [one["code"] for one in (*found["errors"], *found["warnings"])]

    assert told() == ["reference_not_live"]
    client.post(f"{spindles}publish/")
    client.post(f"{spindles}versions/", {"bump": "minor"})
    assert told() == []
    client.post(f"{spindles}deactivate/")
    assert told() == ["reference_not_live"]
    client.post(f"{spindles}activate/")
    client.post(f"{spindles}deprecate/")
    assert told() == ["reference_deprecated"]
    client.post(f"{spindles}archive/")
    assert told() == ["reference_not_live"]
