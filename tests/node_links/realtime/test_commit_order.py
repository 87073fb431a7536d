"""Streams go on in the order of commits, which is not the order of writing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F

from accounts.choices import Role
from accounts.tenancy import scope
from config.ids import uuid7
from config.request_context import inside_execution
from knowledge_base.models import Sop
from knowledge_base.services.sops import update_sop
from node_links.models import NodeEvent
from node_links.realtime import channels
from node_links.realtime.channels import OrganizationChannel
from tests.factories import Person, make_person, make_sop
from tests.node_links.realtime.conftest import EVENTS, change, of_entity, running

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def uncommitted(person: Person, sop: Sop, execution: UUID | None = None) -> Iterator[UUID]:
    """Change `sop` in another connection, and commit that at the end of the block."""
    written, may_commit = threading.Event(), threading.Event()
    ids: list[UUID] = []

    def write() -> None:
        try:
            with scope(person.actor), inside_execution(execution):
                update_sop(actor=person.actor, pk=sop.pk, values={"summary": "long"})
                ids.append(NodeEvent.objects.filter(entity_id=sop.pk).latest("sequence").pk)
                written.set()
                assert may_commit.wait(20)
        finally:
            written.set()
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert written.wait(20)
        yield ids[0]
    finally:
        may_commit.set()
        thread.join(20)


def clock() -> datetime:
    """Return the server's time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now


def of_organization(person: Person, execution: UUID) -> str:
    """Return the address of the stream of everything."""
    return EVENTS


def of_execution(person: Person, execution: UUID) -> str:
    """Return the address of the stream of an execution."""
    return f"{EVENTS}?execution_id={execution}"


@pytest.mark.parametrize("address", [of_organization, of_execution])
def test_what_was_written_first_and_committed_last_is_not_lost_over_a_restart(
    address: Callable[[Person, UUID], str],
) -> None:
    ann = make_person(Role.OWNER)
    execution = uuid7()
    early, late = make_sop(ann, title="Early"), make_sop(ann, title="Late")
    path = address(ann, execution)
    with inside_execution(execution):
        before = change(ann, late, "before", told=False)
    with (
        uncommitted(ann, early, execution) as written_first,
        running() as live,
        inside_execution(execution),
    ):
        stream = live.open(path, ann, Last_Event_ID=str(before))
        told = change(ann, late, "told", told=False)
        assert stream.next().id == str(told)

    with running() as live, inside_execution(execution):
        stream = live.open(path, ann, Last_Event_ID=str(told))
        after = change(ann, late, "after", told=False)

        assert [stream.next().id, stream.next().id] == [str(written_first), str(after)]


def test_a_gap_is_filled_by_what_was_committed_in_it_however_old() -> None:
    ann = make_person(Role.OWNER)
    early, late = make_sop(ann, title="Early"), make_sop(ann, title="Late")
    channel = OrganizationChannel(ann.organization.pk)
    with uncommitted(ann, early) as written_first:
        before = change(ann, late, "before", told=False)
        lost_since = clock()

    with scope(ann.actor):
        assert channel.told_since(lost_since) == [written_first]
        assert channel.told_after(before) == [written_first]
        with pytest.raises(channels.Forgotten):
            channel.told_after(uuid7())


def test_events_of_one_transaction_keep_the_order_of_writing() -> None:
    ann = make_person(Role.OWNER)
    sops = [make_sop(ann, title=f"SOP {n}") for n in range(3)]
    with scope(ann.actor):
        for sop in sops:
            update_sop(actor=ann.actor, pk=sop.pk, values={"summary": "together"})
    with scope(ann.actor):
        rows = NodeEvent.objects.filter(event_type="SopUpdated").order_by("timestamp")
        ids = list(rows.values_list("pk", flat=True))

        assert OrganizationChannel(ann.organization.pk).told_after(ids[0]) == ids[1:]
        entity = channels.EntityChannel(ann.organization.pk, sops[0].feature_type, sops[0].pk)
        assert entity.told_after(ids[0]) == []


def test_without_the_times_of_commits_the_times_of_writing_decide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "COMMITTED", F("timestamp"))
    ann = make_person(Role.OWNER)
    early, late = make_sop(ann, title="Early"), make_sop(ann, title="Late")
    with uncommitted(ann, early):
        told = change(ann, late, "told", told=False)
    after = change(ann, late, "after", told=False)

    with scope(ann.actor):
        assert OrganizationChannel(ann.organization.pk).told_after(told) == [after]


def test_of_one_entity_its_sequence_decides() -> None:
    ann = make_person(Role.OWNER)
    sop = make_sop(ann)
    ids = [change(ann, sop, f"{n}", told=False) for n in range(3)]
    with running() as live:
        stream = live.open(of_entity(sop), ann, Last_Event_ID=str(ids[0]))

        assert [stream.next().id, stream.next().id] == [str(ids[1]), str(ids[2])]
