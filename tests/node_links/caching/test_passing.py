"""Events drop the states that have passed."""

import pytest

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import delete_sop, update_sop
from node_links.caching.bodies import body_key, store_body
from node_links.events.delivering import deliver
from node_links.events.subscribing import subscribers
from tests.factories import Cast, make_sop
from tests.node_links.caching.observing import got, got_from_cache, revisions_kept


@pytest.fixture
def left(cast: Cast) -> Sop:
    """Return an SOP of revision 2 of which the cache holds both states."""
    sop = make_sop(cast.editor)
    got(cast.viewer, sop)
    with scope(cast.editor.actor):
        update_sop(actor=cast.editor.actor, pk=sop.pk, values={"tags": ["a"]})
    got(cast.viewer, sop)
    assert revisions_kept(sop) == [1, 2]
    return sop


def hear() -> int:
    subscriber = subscribers.get("entity-cache")
    assert subscriber is not None
    return deliver(subscriber).delivered


def test_an_event_of_a_change_drops_the_states_that_have_passed(cast: Cast, left: Sop) -> None:
    other = make_sop(cast.editor, title="Other")
    got(cast.viewer, other)

    assert hear() == 1

    assert (revisions_kept(left), revisions_kept(other)) == ([2], [1])
    assert got_from_cache(cast.viewer, left)["tags"] == ["a"]


def test_an_event_of_a_deletion_drops_them_all(cast: Cast, left: Sop) -> None:
    with scope(cast.admin.actor):
        present = Sop.objects.get(pk=left.pk)
        delete_sop(actor=cast.admin.actor, pk=left.pk)
    store_body(present, b"late")

    assert hear() == 2

    assert revisions_kept(left) == []


def test_what_stays_can_be_dropped_by_its_tag_later(cast: Cast, left: Sop) -> None:
    hear()
    with scope(cast.viewer.actor):
        present = Sop.objects.get(pk=left.pk)
    assert body_key(present).endswith(f"{left.pk}:2-{body_key(present).rpartition('-')[2]}")

    with scope(cast.editor.actor):
        update_sop(actor=cast.editor.actor, pk=left.pk, values={"tags": ["b"]})
    hear()

    assert revisions_kept(left) == []


def test_all_changes_of_all_features_are_heard_of_and_creations_are_not() -> None:
    subscriber = subscribers.get("entity-cache")

    assert subscriber is not None
    heard = {name for name in ("Updated", "Deleted", "Restored", "Published", "Archived")
             if subscriber.wants(f"Sop{name}")}  # fmt: skip
    assert heard == {"Updated", "Deleted", "Restored", "Published", "Archived"}
    assert not subscriber.wants("SopCreated")
    assert not subscriber.wants("NodeLinkUpdated")


def test_an_event_of_an_entity_that_is_gone_is_heard_without_fault(cast: Cast, left: Sop) -> None:
    with system_scope():
        Sop.all_objects.filter(pk=left.pk).delete()

    assert hear() == 1
    assert revisions_kept(left) == []
