"""Deleting an SOP with its links and references: all of it, or nothing."""

from typing import Any

import pytest

from accounts.tenancy import scope, system_scope
from config.exceptions import Conflict
from knowledge_base import sagas as removing
from knowledge_base.models import Sop, SopReference
from knowledge_base.services.sops import update_sop
from node_links.models import Saga
from node_links.sagas.definitions import SagaContext, SagaDefinition, Step, sagas
from node_links.sagas.resuming import resume_sagas
from tests.factories import Cast, make_sop
from tests.knowledge_base.api.test_archiving import hub as hub
from tests.knowledge_base.api.test_archiving import link, link_types, rows, saga_states
from tests.knowledge_base.observing import address, everything
from tests.observing import event_types, faults, refused

pytestmark = pytest.mark.django_db


def delete(cast: Cast, sop: Sop, **headers: str) -> Any:
    """Ask for the deletion with everything that joins the SOP to others."""
    return cast.admin.client.delete(
        f"{address(sop)}?cleanup_links=true&reason=Old", headers=headers
    )


def between(step: Step) -> SagaDefinition:
    """Return the saga with another step before its last."""
    *first, last = removing.DELETE_SOP.steps
    return SagaDefinition("delete_sop", (*first, step, last))


def is_deleted(sop: Sop) -> bool:
    """Return whether the SOP is deleted now."""
    with system_scope():
        return Sop.all_objects.get(pk=sop.pk).deleted_at is not None


def test_links_go_with_the_sop_and_references_to_it_dangle(cast: Cast, hub: Sop) -> None:
    refused(cast.admin.client.delete(address(hub)), 409, "in_use")

    answer = delete(cast, hub)

    assert (answer.status_code, answer.content) == (204, b"")
    assert is_deleted(hub)
    assert link_types() == [("supports", "runtime")]
    with scope(cast.editor.actor):
        arriving = SopReference.objects.filter(raw_target="Hub").values_list("target", flat=True)
        assert list(arriving) == [None]
    assert event_types(cast.admin, hub)[-2:] == ["NodeLinkRemoved", "SopDeleted"]
    assert saga_states() == ["completed"]


def test_what_is_restored_refers_to_others_again_and_they_to_it(cast: Cast, hub: Sop) -> None:
    assert delete(cast, hub).status_code == 204

    assert cast.admin.client.post(address(hub, "restore/")).status_code == 200

    assert link_types() == [
        ("references", "derived"),
        ("references", "derived"),
        ("supports", "runtime"),
    ]
    with scope(cast.editor.actor):
        targets = dict(SopReference.objects.values_list("raw_target", "target__title"))
    assert targets == {"Valve": "Valve", "Hub": "Hub"}


def test_somebody_who_comes_between_undoes_all_of_it(
    cast: Cast, hub: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with system_scope():
        pump = Sop.objects.get(title="Pump")
    before = rows()

    def others_go_on(context: SagaContext) -> None:
        with scope(cast.editor.actor):
            update_sop(actor=cast.editor.actor, pk=pump.pk, values={"prerequisites": [hub.pk]})

    monkeypatch.setitem(sagas._definitions, "delete_sop", between(Step("meeting", others_go_on)))
    answer = delete(cast, hub)

    refused(answer, 409, "in_use")
    assert saga_states() == ["compensated"]
    after = rows()
    assert (after["links"], after["references"]) == (before["links"], before["references"])
    assert not is_deleted(hub)
    assert event_types(cast.admin, hub)[-2:] == ["NodeLinkRemoved", "NodeLinkCreated"]


def test_a_link_made_between_the_steps_is_in_the_way_and_stays(
    cast: Cast, hub: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with system_scope():
        valve = Sop.objects.get(title="Valve")
    step = Step("meeting", lambda context: link(cast.editor, valve, hub, "implements"))
    monkeypatch.setitem(sagas._definitions, "delete_sop", between(step))

    refused(delete(cast, hub), 409, "in_use")

    assert not is_deleted(hub)
    assert ("implements", "manual") in link_types()
    assert ("documents", "manual") in link_types()


def test_a_step_that_refuses_leaves_all_rows_as_they_were(
    cast: Cast, hub: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows()

    def refuse(context: SagaContext) -> None:
        raise Conflict("Not now.", code="not_now")

    monkeypatch.setitem(sagas._definitions, "delete_sop", between(Step("never", refuse)))

    refused(delete(cast, hub), 409, "not_now")

    assert rows() == before
    assert saga_states() == ["compensated"]


def test_what_is_refused_at_once_starts_no_saga(cast: Cast, hub: Sop) -> None:
    user = make_sop(cast.editor, title="User")
    with scope(cast.editor.actor):
        update_sop(actor=cast.editor.actor, pk=user.pk, values={"prerequisites": [hub.pk]})
    archived = make_sop(cast.editor, title="Archived")
    assert cast.admin.client.post(address(archived, "archive/"), {}).status_code == 200
    before = everything()
    url = f"{address(hub)}?cleanup_links=true"

    viewer, stranger = cast.viewer.client, cast.stranger.client
    refused(viewer.delete(url), 403, "permission_denied")
    refused(stranger.delete(url), 404, "not_found")
    refused(delete(cast, hub, **{"If-Match": '"9"'}), 412, "revision_conflict")
    refused(delete(cast, hub), 409, "in_use")
    refused(delete(cast, archived), 409, "invalid_transition")
    wrong = cast.admin.client.delete(f"{address(hub)}?cleanup_links=perhaps")
    assert faults(wrong) == {("?cleanup_links", "invalid")}

    assert everything() == before
    assert saga_states() == []


def test_where_another_runs_the_saga_the_answer_is_202(
    cast: Cast, hub: Sop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node_links.api.sagas.run_saga", lambda saga_id: None)

    answer = delete(cast, hub)

    with system_scope():
        saga = Saga.objects.get()
        Saga.objects.update(lease_until=saga.created_at)
    assert (answer.status_code, answer.json()) == (202, {"saga_id": str(saga.pk)})
    assert not is_deleted(hub)
    assert resume_sagas() == 1
    assert is_deleted(hub)


@pytest.mark.django_db(transaction=True)
def test_the_other_methods_of_the_address_still_are_one_transaction_each(
    cast: Cast, hub: Sop
) -> None:
    before = everything()
    client = cast.admin.client

    unknown = {"title": "New", "prerequisites": [str(cast.organization.pk)]}
    refused(client.patch(address(hub), unknown), 404, "not_found")
    assert everything() == before
    assert client.patch(address(hub), {"title": "New"}).status_code == 200
    assert client.get(address(hub)).json()["title"] == "New"
    assert delete(cast, hub).status_code == 204
