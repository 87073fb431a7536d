"""Subscribers with a table for their effects, events to deliver, and relays as real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from accounts.choices import Role
from accounts.tenancy import scope
from knowledge_base.models import Sop
from node_links.events.delivering import Outcome, deliver
from node_links.events.recording import record_event
from node_links.events.subscribing import Subscriber, subscribers
from tests.factories import Cast, Person, make_person, make_sop
from tests.node_links.events.effects import declare
from tests.node_links.events.observing import TYPES

ROOT = Path(__file__).resolve().parents[3]

INSPECTED: dict[str, Any] = {
    "type": "object",
    "required": ["pump"],
    "properties": {
        "pump": {"type": "string", "pattern": "^P-[0-9]+$"},
        "pressure": {"type": "number", "minimum": 0},
        "by/whom": {"type": "string"},
    },
    "additionalProperties": False,
}

Declare = Callable[..., None]
StartRelay = Callable[..., "subprocess.Popen[bytes]"]
DATA: dict[str, dict[str, Any]] = {
    "SopUpdated": {"changes": {}},
    "SopPublished": {"name": "x", "version": "1.0.0", "warnings": []},
}


@pytest.fixture(autouse=True)
def platform_subscribers() -> Iterator[list[Subscriber]]:
    """Put the platform's own subscribers aside: each test counts the deliveries of its own."""
    found = subscribers.all()
    for subscriber in found:
        subscribers.unsubscribe(subscriber.name)
    yield found
    for subscriber in found:
        subscribers.subscribe(subscriber)


@pytest.fixture(scope="session")
def _effects_table(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Make the table once, outside of every test's transaction."""
    given = connections["owner"].get_connection_params()
    address = {key: given[key] for key in ("host", "port", "user", "password", "dbname")
               if key in given}  # fmt: skip
    role = sql.Identifier(connections["default"].settings_dict["USER"])
    with psycopg.connect(**address, autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE IF NOT EXISTS observed_effects (place bigserial, subscriber text,"
            " event_id uuid, entity_id uuid, sequence bigint, replayed boolean)"
        )
        owner.execute(sql.SQL("GRANT ALL ON observed_effects TO {}").format(role))
        owner.execute(sql.SQL("GRANT ALL ON observed_effects_place_seq TO {}").format(role))


@pytest.fixture
def declared(_effects_table: None, transactional_db: None) -> Iterator[Declare]:
    """Return what declares subscribers for the time of the test; no effects are there yet."""
    before = {found.name for found in subscribers.all()}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM observed_effects")
    yield declare
    for found in subscribers.all():
        if found.name not in before:
            subscribers.unsubscribe(found.name)


@pytest.fixture
def person(transactional_db: None) -> Person:
    """Return an administrator."""
    return make_person(Role.ADMIN)


@pytest.fixture
def sop(person: Person) -> Sop:
    """Return an SOP, whose creation is the first event of its history."""
    return make_sop(person)


@pytest.fixture
def inspected(cast: Cast) -> None:
    """Register the type PumpInspected."""
    body = {"name": "PumpInspected", "schema": INSPECTED}
    assert cast.admin.client.post(TYPES, body).status_code == 201


@pytest.fixture
def start_relay(tmp_path: Path) -> Iterator[StartRelay]:
    """Return what starts a relay process with the subscribers named; ends them after the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*names: str, **environment: str) -> "subprocess.Popen[bytes]":
        given = connections["default"].settings_dict
        url = (
            f"postgres://{given['USER']}:{quote(given['PASSWORD'], safe='')}"
            f"@{quote(given['HOST'], safe='')}:{given['PORT']}/{given['NAME']}"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.node_links.events.relay_process", *names],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_URL": url,
                "NODELOOM_DB_POOL": "0",
                "PGAPPNAME": "relay under test",
                "NODELOOM_DELIVERY_RETRY_SECONDS": "0.05,0.1",
                "FRAGILE_MARKER": str(tmp_path / "marker"),
                **environment,
            },
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(20)


def happen(person: Person, sop: Sop, times: int = 1, event_type: str = "SopUpdated") -> None:
    """Record events of `sop`."""
    data = DATA[event_type]
    with scope(person.actor):
        for _ in range(times):
            record_event(actor=person.actor, entity=sop, event_type=event_type, data=data)


def deliver_now(name: str, limit: int = 200) -> Outcome:
    """Deliver one round to the subscriber of this name."""
    found = subscribers.get(name)
    assert found is not None
    return deliver(found, limit)


def eventually(reached: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until `reached()` is true; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "This did not happen in time."
        time.sleep(0.05)
