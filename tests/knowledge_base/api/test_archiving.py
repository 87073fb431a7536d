"""Archiving an SOP with its links and references: all of it, or nothing."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.tenancy import scope, system_scope
from config.exceptions import Conflict
from config.models import IdempotencyKey
from knowledge_base import sagas as archiving
from knowledge_base.models import Sop, SopReference
from node_links.models import NodeEvent, NodeLink, NodeMetadata, Saga
from node_links.sagas.definitions import SagaContext, SagaDefinition, Step, sagas
from node_links.sagas.resuming import resume_sagas
from tests.factories import Cast, Person, make_sop
from tests.knowledge_base.observing import address, everything, reread
from tests.observing import event_types, faults, refused

pytestmark = pytest.mark.django_db
CLEANUP = {"reason": "Replaced.", "cleanup_links": True}


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Add a step to the saga that refuses with the errors put here, then does nothing."""
    errors: list[Exception] = []

    def refuse(context: SagaContext) -> None:
        if errors:
            raise errors.pop(0)

    longer = SagaDefinition("archive_sop", (*archiving.ARCHIVE_SOP.steps, Step("last", refuse)))
    monkeypatch.setitem(sagas._definitions, "archive_sop", longer)
    return errors


@pytest.fixture
def hub(cast: Cast) -> Sop:
    """Return an SOP that refers to one, is referred to by one, and linked by hand and by a run."""
    make_sop(cast.editor, title="Valve", content="# Valve")
    hub = make_sop(cast.editor, title="Hub", content="# Hub\n\nSee [[Valve]].")
    other = make_sop(cast.editor, title="Pump", content="# Pump\n\nSee [[Hub]].")
    link(cast.editor, other, hub, "documents", origin="manual", link_context={"why": "by hand"})
    link(cast.editor, other, hub, "supports", origin="runtime")
    return hub


def link(person: Person, source: Sop, target: Sop, link_type: str, **values: Any) -> None:
    with scope(person.actor):
        ends = [NodeMetadata.objects.at(s.feature_type, s.pk).get() for s in (source, target)]
        NodeLink.objects.create(
            organization=person.organization,
            source=ends[0],
            target=ends[1],
            source_feature=source.feature_type,
            source_entity_id=source.pk,
            target_feature=target.feature_type,
            target_entity_id=target.pk,
            link_type=link_type,
            link_strength=Decimal("0.1234"),
            created_by=person.user,
            **values,
        )


def rows() -> dict[str, list[Any]]:
    """Return every column of the links, the references, and the SOPs but for the revision."""
    tables: dict[str, Any] = {
        "links": NodeLink.objects,
        "references": SopReference.objects,
        "sops": Sop.all_objects,
    }
    changing = {"sops": ("revision", "updated_at")}
    with system_scope():
        found = {name: list(t.order_by("pk").values()) for name, t in tables.items()}
    for name, columns in changing.items():
        for row in found[name]:
            for column in columns:
                del row[column]
    return found


def link_types() -> list[tuple[str, str]]:
    with system_scope():
        return sorted(NodeLink.objects.values_list("link_type", "origin"))


def saga_states() -> list[str]:
    with system_scope():
        return list(Saga.objects.order_by("created_at").values_list("status", flat=True))


def test_links_go_with_the_sop_and_references_to_it_dangle(cast: Cast, hub: Sop) -> None:
    assert link_types() == [
        ("documents", "manual"),
        ("references", "derived"),
        ("references", "derived"),
        ("supports", "runtime"),
    ]

    answer = cast.editor.client.post(address(hub, "archive/"), CLEANUP)

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["status"], body["links_removed"], body["revision"]) == ("archived", 3, 2)
    assert answer["ETag"] == '"2"'
    assert link_types() == [("supports", "runtime")]
    with scope(cast.editor.actor):
        targets = dict(SopReference.objects.values_list("raw_target", "target__title"))
    assert targets == {"Valve": "Valve", "Hub": None}
    assert event_types(cast.editor, hub)[-2:] == ["SopArchived", "NodeLinkRemoved"]
    assert saga_states() == ["completed"]
    with system_scope():
        saga = Saga.objects.get()
        events = NodeEvent.objects.filter(entity_id=saga.pk).order_by("sequence")
        told = [(e.event_type, e.user_id, e.correlation_id) for e in events]
    caused_by = (cast.editor.user.pk, answer["X-Request-ID"])
    assert told == [("SagaStarted", *caused_by), ("SagaCompleted", *caused_by)]


def test_without_the_clean_up_nothing_else_is_touched(cast: Cast, hub: Sop) -> None:
    before = rows()

    answer = cast.editor.client.post(address(hub, "archive/"), {"cleanup_links": False})

    assert (answer.status_code, answer.json()["status"]) == (200, "archived")
    assert "links_removed" not in answer.json()
    assert {**rows(), "sops": []} == {**before, "sops": []}
    assert saga_states() == []


def test_a_later_refusal_leaves_all_rows_as_they_were(
    cast: Cast, hub: Sop, refusing: list[Exception]
) -> None:
    before = rows()
    refusing.append(Conflict("Not now.", code="not_now"))

    refused(cast.editor.client.post(address(hub, "archive/"), CLEANUP), 409, "not_now")

    assert rows() == before
    assert saga_states() == ["compensated"]
    assert reread(cast.editor, hub).revision == 3
    assert event_types(cast.editor, hub)[-4:] == [
        "SopArchived",
        "NodeLinkRemoved",
        "NodeLinkCreated",
        "SopRestored",
    ]


def test_a_fault_of_our_own_is_undone_too_and_tells_nothing(
    cast: Cast, hub: Sop, refusing: list[Exception]
) -> None:
    before = rows()
    refusing.append(ValueError("secret of the inside"))
    client = cast.editor.client
    client.raise_request_exception = False

    answer = client.post(address(hub, "archive/"), CLEANUP)

    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert rows() == before
    assert saga_states() == ["compensated"]


def test_what_is_refused_at_once_starts_no_saga(cast: Cast, hub: Sop) -> None:
    before = everything()
    url = address(hub, "archive/")

    refused(cast.viewer.client.post(url, CLEANUP), 403, "permission_denied")
    refused(cast.stranger.client.post(url, CLEANUP), 404, "not_found")
    refused(
        cast.editor.client.post(url, CLEANUP, headers={"If-Match": '"9"'}), 412, "revision_conflict"
    )
    wrong = cast.editor.client.post(url, {"cleanup_links": "perhaps"})
    assert faults(wrong) == {("/cleanup_links", "invalid")}

    assert everything() == before
    assert saga_states() == []
    assert cast.editor.client.post(url, CLEANUP, headers={"If-Match": '"1"'}).status_code == 200
    refused(cast.editor.client.post(url, CLEANUP), 409, "invalid_transition")


def test_a_repeated_request_receives_the_first_answer(cast: Cast, hub: Sop) -> None:
    url, key = address(hub, "archive/"), {"Idempotency-Key": "once"}

    first = cast.editor.client.post(url, CLEANUP, headers=key)
    second = cast.editor.client.post(url, CLEANUP, headers=key)

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert second["ETag"] == first["ETag"]
    assert second["Idempotency-Replayed"] == "true"
    assert saga_states() == ["completed"]


def test_a_refused_request_may_be_sent_again_under_its_key(
    cast: Cast, hub: Sop, refusing: list[Exception]
) -> None:
    url, key = address(hub, "archive/"), {"Idempotency-Key": "again"}
    refusing.append(Conflict("Not now."))

    refused(cast.editor.client.post(url, CLEANUP, headers=key), 409, "conflict")
    with system_scope():
        assert not IdempotencyKey.objects.exists()
    answer = cast.editor.client.post(url, CLEANUP, headers=key)

    assert (answer.status_code, answer.json()["links_removed"]) == (200, 3)
    assert saga_states() == ["compensated", "completed"]


def test_where_another_runs_the_saga_the_answer_is_202(
    cast: Cast, hub: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node_links.api.sagas.run_saga", lambda saga_id: None)

    answer = cast.editor.client.post(address(hub, "archive/"), CLEANUP)

    with system_scope():
        saga = Saga.objects.get()
        Saga.objects.update(lease_until=saga.created_at)
    assert (answer.status_code, answer.json()) == (202, {"saga_id": str(saga.pk)})
    assert reread(cast.editor, hub).status == "draft"
    assert resume_sagas() == 1
    assert reread(cast.editor, hub).status == "archived"


def test_undoing_leaves_alone_what_others_have_done_since(cast: Cast, hub: Sop) -> None:
    def others_go_on(context: SagaContext) -> None:
        pump = Sop.objects.get(title="Pump")
        NodeMetadata.objects.filter(name="Valve").delete()
        link(cast.editor, pump, hub, "documents", origin="manual")
        SopReference.objects.filter(raw_target="Hub").update(target=pump)

    def refuse(context: SagaContext) -> None:
        raise Conflict("Not now.")

    meeting = Step("meeting", lambda context: None, others_go_on)
    steps = (*archiving.ARCHIVE_SOP.steps, meeting, Step("last", refuse))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sagas._definitions, "archive_sop", SagaDefinition("archive_sop", steps))
        refused(cast.editor.client.post(address(hub, "archive/"), CLEANUP), 409, "conflict")

    assert saga_states() == ["compensated"]
    assert link_types() == [
        ("documents", "manual"),
        ("references", "derived"),
        ("supports", "runtime"),
    ]
    with system_scope():
        assert NodeLink.objects.get(link_type="documents").link_context == {}
        assert SopReference.objects.filter(raw_target="Hub", target__title="Pump").count() == 1


@pytest.mark.django_db(transaction=True)
def test_each_step_is_committed_before_the_next(
    cast: Cast, hub: Sop, refusing: list[Exception]
) -> None:
    before = rows()
    refusing.append(Conflict("Not now.", code="not_now"))

    url = address(hub, "archive/")
    refused(cast.editor.client.post(url, CLEANUP), 409, "not_now")

    assert rows() == before
    assert saga_states() == ["compensated"]
    answer = cast.editor.client.post(url, CLEANUP, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["links_removed"]) == (200, 3)
    assert saga_states() == ["compensated", "completed"]
