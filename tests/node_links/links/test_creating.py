"""Making a link: what is taken, what it becomes, and what is refused."""

from uuid import uuid4

import pytest

from accounts.choices import Role
from accounts.tenancy import scope
from knowledge_base.models import Sop
from node_links.links.drafts import Address
from node_links.models import NodeLink, NodeMetadata
from tests.factories import Cast, make_person
from tests.node_links.links.conftest import (
    LINKS,
    SOP,
    body,
    codes,
    joined,
    link_events,
    many_nodes,
    node_at,
    sop_at,
    state,
)

Ends = tuple[Address, Address]


def test_a_link_is_answered_with_names_and_colours(cast: Cast, ends: Ends) -> None:
    source, target = ends
    answer = cast.editor.client.post(
        LINKS, body(*ends, base_strength=0.4, link_context={"why": "safety"}), format="json"
    )

    assert answer.status_code == 201
    link = answer.json()
    assert link["source"] == {
        "feature": SOP, "entity_id": str(source.entity_id), "node_id": None,
        "node_type": "sop", "name": "Start the pump",
    }  # fmt: skip
    assert link["target"]["name"] == "Stop the pump"
    assert (link["base_strength"], link["link_strength"], link["strength_class"]) == (
        *(0.4, 0.4), "moderate",
    )  # fmt: skip
    assert (link["color"], link["icon"], link["is_bidirectional"]) == ("#8B5CF6", "shield", False)
    assert (link["origin"], link["version_pin"], link["revision"]) == ("manual", "latest", 1)
    assert link["link_context"] == {"why": "safety"}
    assert link["created_by"] == str(cast.editor.user.pk)
    assert link["warnings"] == []
    assert answer["ETag"] == '"1"'
    read = cast.viewer.client.get(f"{LINKS}{link['id']}/")
    assert read.json() == {key: value for key, value in link.items() if key != "warnings"}
    assert link_events(cast.editor, target.entity_id) == []
    [(_, event_type, data)] = link_events(cast.editor, source.entity_id)
    assert event_type == "NodeLinkCreated"
    assert data == {
        "link_id": link["id"],
        "source": {"feature": SOP, "entity_id": str(source.entity_id)},
        "target": {"feature": SOP, "entity_id": str(target.entity_id)},
        "link_type": "supports",
        "base_strength": 0.4,
        "origin": "manual",
    }


def test_one_link_leaves_one_event_and_one_audit_row(cast: Cast, ends: Ends) -> None:
    before = state(cast.editor)
    assert cast.editor.client.post(LINKS, body(*ends), format="json").status_code == 201
    assert tuple(a - b for a, b in zip(state(cast.editor), before, strict=True)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("given", "kept", "name"),
    [(None, 0.5, "moderate"), (0, 0.0, "weak"), (0.3, 0.3, "weak"), (0.3001, 0.3001, "moderate"),
     (0.69994, 0.6999, "moderate"), (0.69995, 0.7, "strong"), (1, 1.0, "strong")],
)  # fmt: skip
def test_the_strength_is_what_was_given(
    cast: Cast, ends: Ends, given: float | None, kept: float, name: str
) -> None:
    sent = body(*ends) if given is None else body(*ends, base_strength=given)
    link = cast.editor.client.post(LINKS, sent, format="json").json()
    assert (link["base_strength"], link["link_strength"]) == (kept, kept)
    assert link["strength_class"] == name


@pytest.mark.parametrize(
    ("text", "code"),
    [("1.01", "max_value"), ("1.00001", "max_value"), ("-0.0001", "min_value"),
     ('"0.5"', "invalid"), ("true", "invalid"), ("null", "null")],
)  # fmt: skip
def test_a_strength_out_of_range_is_refused(cast: Cast, ends: Ends, text: str, code: str) -> None:
    before = state(cast.editor)
    answer = _post_text(cast, ends, text)
    assert (answer.status_code, codes(answer)) == (400, [("/base_strength", code)])
    assert state(cast.editor) == before


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(cast: Cast, ends: Ends, text: str) -> None:
    before = state(cast.editor)
    assert _post_text(cast, ends, text).status_code == 400
    assert state(cast.editor) == before


def _post_text(cast: Cast, ends: Ends, strength: str):  # type: ignore[no-untyped-def]  # a test's answer
    sent = body(*ends)
    members = ", ".join(f'"{key}": "{value}"' for key, value in sent.items())
    text = f'{{{members}, "base_strength": {strength}}}'
    return cast.editor.client.post(LINKS, text, content_type="application/json")


def test_an_end_may_be_a_node_inside(cast: Cast) -> None:
    model = node_at(cast.editor, "function-model")
    action = node_at(cast.editor, "function-model", "approve", entity_id=model.entity_id)
    sop = sop_at(cast.editor, "Approve invoices")

    answer = cast.editor.client.post(LINKS, body(action, sop, "references"), format="json")
    assert answer.status_code == 201
    assert answer.json()["source"]["node_id"] == "approve"
    within = cast.editor.client.post(LINKS, body(action, model, "nested"), format="json")
    assert within.status_code == 201
    [(_, _, data), _] = link_events(cast.editor, model.entity_id)
    assert data["source"]["node_id"] == "approve"


def test_what_is_not_there_is_not_found(cast: Cast, ends: Ends) -> None:
    source, target = ends
    deleted = sop_at(cast.editor, "Old")
    assert cast.admin.client.delete(f"/api/v1/sops/{deleted.entity_id}/").status_code == 204
    before = state(cast.editor)
    absent = [
        Address(SOP, uuid4()),
        Address("spindle", target.entity_id),
        target._replace(node_id="nothing"),
        sop_at(cast.stranger, "Foreign"),
        deleted,
    ]
    answers = []
    for address in absent:
        for sent in (body(source, address), body(address, target)):
            answer = cast.editor.client.post(LINKS, sent, format="json")
            problem = answer.json()
            assert answer.status_code == 404
            answers.append((problem["code"], problem["detail"], problem["errors"][0]["code"]))
    assert len(set(answers)) == 1
    malformed = {**body(source, target), "target_entity_id": "nonsense"}
    assert cast.editor.client.post(LINKS, malformed, format="json").status_code == 404
    assert state(cast.editor) == before


def test_existence_comes_before_permission_and_permission_before_values(
    cast: Cast, ends: Ends
) -> None:
    source, target = ends
    unknown = {**body(source, Address(SOP, uuid4())), "base_strength": 7}
    wrong = {**body(source, target), "base_strength": 7}

    assert cast.viewer.client.post(LINKS, unknown, format="json").status_code == 404
    assert cast.viewer.client.post(LINKS, wrong, format="json").status_code == 403
    assert cast.editor.client.post(LINKS, wrong, format="json").status_code == 400


def test_all_violations_are_told_together(cast: Cast) -> None:
    model = node_at(cast.editor, "function-model")
    sop = sop_at(cast.editor, "Pay")
    sent = {**body(model, sop, "nested"), "base_strength": 2, "version_pin": "v1", "colour": "red"}
    answer = cast.editor.client.post(LINKS, sent, format="json")
    assert answer.status_code == 400
    assert codes(answer) == [
        ("/base_strength", "max_value"),
        ("/colour", "unknown_field"),
        ("/link_type", "incompatible_link_type"),
        ("/version_pin", "invalid_version"),
    ]


def test_a_link_to_itself_is_refused(cast: Cast, ends: Ends) -> None:
    source, _ = ends
    before = state(cast.editor)
    answer = cast.editor.client.post(LINKS, body(source, source), format="json")
    assert (answer.status_code, codes(answer)) == (400, [("/target_entity_id", "self_link")])
    assert state(cast.editor) == before


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [("source_feature", "wiki", "invalid_choice"), ("link_type", "hates", "invalid_choice"),
     ("link_type", "", "blank"), ("link_context", [], "invalid"),
     ("visual_properties", "red", "invalid"), ("target_node_id", 7, "invalid"),
     ("version_pin", "1.2", "invalid_version"), ("source_entity_id", 7, "invalid")],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused(
    cast: Cast, ends: Ends, field: str, value: object, code: str
) -> None:
    answer = cast.editor.client.post(LINKS, {**body(*ends), field: value}, format="json")
    assert (answer.status_code, codes(answer)) == (400, [(f"/{field}", code)])


def test_a_body_that_is_no_object_is_refused(cast: Cast) -> None:
    assert cast.editor.client.post(LINKS, [1], format="json").status_code == 400
    assert codes(cast.editor.client.post(LINKS, {}, format="json")) == [
        (f"/{name}", "required")
        for name in ("link_type", "source_entity_id", "source_feature", "target_entity_id",
                     "target_feature")
    ]  # fmt: skip


def test_the_same_link_twice_is_a_duplicate(cast: Cast, ends: Ends) -> None:
    joined(cast.editor, *ends)
    before = state(cast.editor)
    answer = cast.editor.client.post(LINKS, body(*ends, base_strength=1), format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    assert state(cast.editor) == before

    reverse = cast.editor.client.post(LINKS, body(ends[1], ends[0]), format="json")
    other = cast.editor.client.post(LINKS, body(*ends, "references"), format="json")
    assert (reverse.status_code, other.status_code) == (201, 201)


def test_many_connections_are_warned_of(cast: Cast) -> None:
    hub = sop_at(cast.editor, "Hub")
    others = many_nodes(cast.editor, 11)
    answers = [
        cast.editor.client.post(LINKS, body(hub, other), format="json").json()["warnings"]
        for other in others
    ]
    assert answers == [[]] * 10 + [["many_connections"]]


def test_many_triggers_are_warned_of(cast: Cast) -> None:
    first, *others = many_nodes(cast.editor, 7)
    answers = [
        cast.editor.client.post(LINKS, body(first, other, "triggers"), format="json").json()
        for other in others
    ]
    assert [answer["warnings"] for answer in answers] == [[]] * 5 + [["many_triggers"]]


def test_links_within_one_entity_count_once(cast: Cast) -> None:
    model = node_at(cast.editor, "function-model")
    inner = [
        node_at(cast.editor, "function-model", f"n{number}", entity_id=model.entity_id)
        for number in range(10)
    ]
    answers = [
        cast.editor.client.post(LINKS, body(node, model, "nested"), format="json").json()
        for node in inner
    ]
    assert [answer["warnings"] for answer in answers] == [[]] * 10


def test_whoever_may_edit_the_source_may_link_it(cast: Cast, ends: Ends) -> None:
    source, target = ends
    before = state(cast.editor)
    refused = cast.viewer.client.post(LINKS, body(*ends), format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert state(cast.editor) == before

    with scope(cast.admin.actor):
        sop = Sop.objects.get(pk=source.entity_id)
        sop.permissions = {"editors": [str(cast.viewer.user.pk)]}
        sop.save()
    assert cast.viewer.client.post(LINKS, body(*ends), format="json").status_code == 201
    back = cast.viewer.client.post(LINKS, body(target, source), format="json")
    assert back.status_code == 403


def test_a_viewer_may_not_link_a_feature_that_is_not_here(cast: Cast, ends: Ends) -> None:
    spindle = node_at(cast.editor, "spindle")
    answer = cast.viewer.client.post(LINKS, body(spindle, ends[0]), format="json")
    assert answer.status_code == 403


def test_another_organisation_sees_nothing_of_it(cast: Cast, ends: Ends) -> None:
    link = joined(cast.editor, *ends)
    address = f"{LINKS}{link.pk}/"
    client = cast.stranger.client
    assert client.get(address).status_code == 404
    assert client.patch(address, {"base_strength": 1}, format="json").status_code == 404
    assert client.delete(address).status_code == 404
    assert client.get(LINKS).json()["count"] == 0
    assert client.post(LINKS, body(*ends), format="json").status_code == 404
    assert cast.viewer.client.get(address).status_code == 200


def test_nobody_links_without_signing_in(cast: Cast, ends: Ends) -> None:
    from rest_framework.test import APIClient

    assert APIClient().post(LINKS, body(*ends), format="json").status_code == 401


def test_an_access_key_needs_the_scope(cast: Cast, ends: Ends) -> None:
    from rest_framework.test import APIClient

    from accounts.services import create_access_key

    with scope(cast.editor.actor):
        _, secret = create_access_key(actor=cast.editor.actor, name="r", scopes=["links:read"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(LINKS).status_code == 200
    answer = client.post(LINKS, body(*ends), format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_the_same_address_in_two_organisations_stays_apart(cast: Cast) -> None:
    other = make_person(Role.OWNER)
    mine, foreign = node_at(cast.editor, "spindle"), node_at(other, "spindle")
    with scope(cast.editor.actor):
        assert NodeMetadata.objects.filter(entity_id=foreign.entity_id).count() == 0
    answer = cast.editor.client.post(LINKS, body(mine, foreign), format="json")
    assert answer.status_code == 404
    with scope(other.actor):
        assert NodeLink.objects.count() == 0
