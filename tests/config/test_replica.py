"""Reading from a real standby, made by pg_basebackup from the server of the tests."""

import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings as project
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from accounts.choices import Role
from accounts.tenancy import scope
from config import replica
from config.embedded.addresses import addresses
from config.embedded.places import private_folder
from config.embedded.postgres import SUPERUSER, THROWAWAY, PostgresServer
from config.valkey import outage as valkey_outage
from knowledge_base.models import Sop
from tests.factories import Person, make_person, make_sop
from tests.plugins.data_dirs import fresh_data_dir

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", replica.REPLICA]),
    pytest.mark.skipif(not project.EMBED_DATABASE, reason="needs the embedded server's superuser"),
]
SOPS = "/api/v1/sops/"


class Standby:
    """A second server that follows the first one."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server

    def pause(self) -> None:
        """Receive the log but do not replay it: whoever reads here sees the past."""
        with self.server.connect() as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
            while True:
                found = connection.execute("SELECT pg_get_wal_replay_pause_state()").fetchone()
                if found == ("paused",):
                    return

    def catch_up(self) -> None:
        """Replay again, and wait until the standby is where the first server is."""
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
            (position,) = cursor.fetchone()
        with self.server.connect() as connection:
            connection.execute("SELECT pg_wal_replay_resume()")
            question = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
            while connection.execute(question, [position]).fetchone() != (True,):
                pass


@pytest.fixture(scope="module", autouse=True)
def standby_server(django_db_setup: None) -> Iterator[PostgresServer]:
    """Copy the server of the tests, start the copy as its standby, and give it to the settings.

    For the module, because a test may use only aliases that are there before it begins.
    """
    with fresh_data_dir() as data_dir:
        server = PostgresServer(data_dir, THROWAWAY)
        primary = addresses(Path(project.DATA_DIR)).socket_dir
        account = server.account
        private_folder(server.cluster, account)
        subprocess.run(
            [
                *(str(server.bin / "pg_basebackup"), "-h", str(primary), "-U", SUPERUSER),
                *("-D", str(server.cluster), "-R", "-X", "stream", "-c", "fast"),
            ],
            check=True,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        server.start()
        parameters = deepcopy(connections["default"].settings_dict)
        parameters |= {"HOST": str(server.socket_dir), "ATOMIC_REQUESTS": False}
        parameters["TEST"]["MIRROR"] = "default"  # emptied with the first server
        connections.settings[replica.REPLICA] = parameters
        yield server
        del connections.settings[replica.REPLICA]
        server.stop()


@pytest.fixture
def standby(standby_server: PostgresServer) -> Iterator[Standby]:
    """The standby, where the first server is."""
    found = Standby(standby_server)
    replica.outage.reset()
    valkey_outage.reset()
    found.catch_up()
    yield found
    found.catch_up()
    connection = connections[replica.REPLICA]
    connection.close()
    if isinstance(connection, DatabaseWrapper):
        connection.close_pool()


@pytest.fixture
def writer() -> Person:
    """Somebody who writes."""
    return make_person(Role.EDITOR)


@pytest.fixture
def colleague(writer: Person) -> Person:
    """Somebody else of the same organisation, who only reads."""
    return make_person(Role.VIEWER, organization=writer.organization)


def titles(person: Person) -> list[str]:
    answer = person.client.get(SOPS)
    assert answer.status_code == 200
    return sorted(sop["title"] for sop in answer.json()["results"])


def test_who_only_reads_is_answered_by_the_replica(
    standby: Standby, writer: Person, colleague: Person
) -> None:
    make_sop(writer, title="Seen")
    standby.catch_up()
    standby.pause()
    make_sop(writer, title="Not yet replayed")

    assert titles(colleague) == ["Seen"]

    standby.catch_up()
    assert titles(colleague) == ["Not yet replayed", "Seen"]


def test_who_has_written_reads_it_at_once(
    standby: Standby, writer: Person, colleague: Person
) -> None:
    standby.catch_up()
    standby.pause()

    answer = writer.client.post(SOPS, {"title": "Mine", "content": "# Mine"}, format="json")

    assert answer.status_code == 201
    assert titles(writer) == ["Mine"]
    assert titles(colleague) == []


def test_the_replica_answers_the_writer_too_once_it_has_caught_up(
    standby: Standby, writer: Person
) -> None:
    writer.client.post(SOPS, {"title": "First", "content": "# First"}, format="json")
    standby.catch_up()
    standby.pause()
    # Written past the API, so that nobody is remembered for it.
    make_sop(writer, title="Second")

    assert titles(writer) == ["First"]


def test_the_replica_keeps_the_wall_between_organisations(standby: Standby, writer: Person) -> None:
    stranger = make_person(Role.OWNER)
    sop = make_sop(writer, title="Ours")
    standby.catch_up()

    assert titles(stranger) == []
    assert stranger.client.get(f"{SOPS}{sop.pk}/").status_code == 404


def test_a_look_that_is_noted_is_written_to_the_first_server(
    standby: Standby, writer: Person, colleague: Person
) -> None:
    sop = make_sop(writer, title="Looked at")
    standby.catch_up()

    assert colleague.client.get(f"{SOPS}{sop.pk}/").status_code == 200

    with scope(writer.actor):
        assert Sop.objects.get(pk=sop.pk).last_viewed_at is not None


def test_searching_by_words_reads_from_the_replica(
    standby: Standby, writer: Person, colleague: Person
) -> None:
    make_sop(writer, title="Restart the pump", content="# Pump\n\nOpen the valve.")
    standby.catch_up()
    standby.pause()
    make_sop(writer, title="The other pump", content="# Pump\n\nOpen the valve.")

    found = colleague.client.get(f"{SOPS}search/", {"q": "pump", "mode": "text"}).json()

    assert [hit["title"] for hit in found["results"]] == ["Restart the pump"]


def test_without_valkey_nobody_knows_who_wrote_and_the_first_server_answers(
    standby: Standby, writer: Person, colleague: Person
) -> None:
    standby.catch_up()
    standby.pause()
    make_sop(writer, title="New")
    valkey_outage.note(ConnectionError("gone"))

    assert titles(colleague) == ["New"]
    valkey_outage.reset()


def test_a_replica_that_is_down_is_not_missed(
    standby: Standby, standby_server: PostgresServer, writer: Person, colleague: Person
) -> None:
    make_sop(writer, title="Here")
    standby_server.stop()
    try:
        assert titles(colleague) == ["Here"]
        assert replica.outage.paused
    finally:
        standby_server.start()
    replica.outage.reset()
    standby.catch_up()

    assert titles(colleague) == ["Here"]


def test_lag_is_small_where_all_is_replayed(standby: Standby) -> None:
    standby.catch_up()

    assert 0 <= replica.lag_seconds() < 60
