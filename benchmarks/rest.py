"""The REST API with everything on, beside a bare viewset and beside psycopg without HTTP."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg

from benchmarks.figures import Figure, at_least, milliseconds
from benchmarks.load import Load, drive, request
from benchmarks.plan import Plan
from benchmarks.stack import Stack, bare, make_bare_table, web
from benchmarks.texts import make_document, make_title

LENGTH = 10_000
CONNECTIONS = 16
MANY = 64
SOPS = "/api/v1/sops/"
DOCUMENTS = "/documents/"
RECORDED = "/recorded/documents/"
_COLUMNS = "sop_id, title, summary, category, tags, metadata, revision, updated_at"
Requests = Callable[[str, str], Iterator[bytes]]


@dataclass(frozen=True)
class Operation:
    """One kind of request: its name, target ratio, requests by (path, token), and bare SQL."""

    name: str
    target: float
    requests: Requests
    statement: Callable[[psycopg.Connection], None]

    @property
    def writes(self) -> bool:
        """Whether it leaves an event and an audit row."""
        return not self.name.startswith(("GET", "list"))


@dataclass(frozen=True, slots=True)
class Ports:
    """Where it listens: ours, the bare viewset on the same server, and it under gunicorn."""

    ours: int
    same_server: int
    gunicorn: int


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the figures of GET, list, PATCH and POST."""
    ids = stack.make_sops(plan.sops, LENGTH)
    make_bare_table(stack)
    with web(stack) as ours, bare(stack) as peer, bare(stack, gunicorn=True) as floor:
        yield _pooled(stack, plan, operations(ids)[0], ours)
        for operation in operations(ids):
            yield from _compare(stack, plan, operation, Ports(ours, peer, floor))


def operations(ids: list[UUID]) -> list[Operation]:
    """Return what is measured on the SOPs with these ids."""
    rng = random.Random(11)
    text = make_document(rng, LENGTH)
    count = itertools.count()
    given = {"search_keywords": ["mail", "restart", "server", "on call"]}
    # A connection holds each id in turn: no two of them wait for the same row.
    return [
        Operation("GET one, 10 KB", 1.0, _gets(ids), _select_one(ids)),
        Operation("list of 50", 0.7, _lists(), _select_many),
        Operation(
            "PATCH metadata",
            0.7,
            _patches(ids, lambda: {"metadata": {"seen": next(count)}}),
            _update(ids, "metadata = jsonb_build_object('seen', random())"),
        ),
        Operation(
            "PATCH text, with re-index",
            0.7,
            _patches(ids, lambda: {"content": f"{text}\n\nChange {next(count)} is in force.\n"}),
            _update(ids, "content = content || 'x'"),
        ),
        Operation("POST, keywords given", 0.7, _posts(rng, given), _insert(text)),
        Operation("POST, keywords extracted", 0.7, _posts(rng, {}), _insert(text)),
    ]


def _pooled(stack: Stack, plan: Plan, get: Operation, ours: int) -> Figure:
    """Compare a connection kept by each thread, as `up` has it, with a pool."""
    requests = get.requests(SOPS, stack.token())
    with web(stack, NODELOOM_DB_POOL="1") as pooled:
        for port in (ours, pooled):
            drive(port, requests, connections=CONNECTIONS, seconds=plan.seconds)
        a, b = _in_turns(plan, CONNECTIONS, (ours, requests), (pooled, requests))
    return Figure(
        f"{get.name}, a connection per thread against a pool", _told(a), _told(b), a.rate / b.rate
    )


def _compare(stack: Stack, plan: Plan, operation: Operation, ports: Ports) -> Iterator[Figure]:
    mine = operation.requests(SOPS, stack.token())
    theirs = operation.requests(DOCUMENTS, "")
    services = ((ports.ours, mine), (ports.same_server, theirs), (ports.gunicorn, theirs))
    for port, requests in services:  # the first requests load code
        drive(port, requests, connections=CONNECTIONS, seconds=plan.seconds)
    a, b, c = _in_turns(plan, CONNECTIONS, *services)
    yield at_least(
        f"{operation.name}, {CONNECTIONS} clients, against bare DRF under gunicorn",
        _told(a),
        _told(c),
        a.rate / c.rate,
        operation.target,
    )
    yield Figure(
        f"{operation.name}, against bare DRF on our server", _told(a), _told(b), a.rate / b.rate
    )
    yield Figure(
        f"{operation.name}, CPU of a request with its database, on our server",
        milliseconds(a.cpu),
        milliseconds(b.cpu),
        b.cpu / a.cpu,
    )
    if operation.writes:
        yield _beside_recorded(plan, operation, (ports.ours, mine), ports.gunicorn)
    floor = _sql_rate(stack, operation.statement, plan.seconds)
    yield Figure(
        f"{operation.name}, against psycopg without HTTP",
        f"{a.rate:.0f}/s",
        f"{floor:.0f}/s",
        a.rate / floor,
    )
    if operation.target >= 1:
        yield _crowd(*services[0], *services[2], plan)


def _beside_recorded(
    plan: Plan, operation: Operation, ours: tuple[int, Iterator[bytes]], peer: int
) -> Figure:
    """Compare with a bare viewset that leaves an event and an audit row too."""
    recorded = operation.requests(RECORDED, "")
    drive(peer, recorded, connections=CONNECTIONS, seconds=plan.seconds)
    a, b = _in_turns(plan, CONNECTIONS, ours, (peer, recorded))
    name = f"{operation.name}, against bare DRF under gunicorn that records an event and an audit"
    return Figure(name, _told(a), _told(b), a.rate / b.rate)


def _crowd(
    ours: int, mine: Iterator[bytes], peer: int, theirs: Iterator[bytes], plan: Plan
) -> Figure:
    a, b = _in_turns(plan, MANY, (ours, mine), (peer, theirs))
    p95 = a.at(0.95)
    ratio = a.rate / b.rate
    return Figure(
        f"GET one, 10 KB, {MANY} clients", _told(a), _told(b), ratio, "p95 < 100 ms", p95 < 0.1
    )


def _in_turns(plan: Plan, connections: int, *services: tuple[int, Iterator[bytes]]) -> list[Load]:
    """Return the burst of median rate of each (port, requests), measured in turns."""
    bursts = [
        [
            drive(port, requests, connections=connections, seconds=plan.seconds)
            for port, requests in services
        ]
        for _ in range(plan.rounds)
    ]
    return [_middle(list(loads)) for loads in zip(*bursts, strict=True)]


def _middle(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.rate)[len(loads) // 2]


def _told(load: Load) -> str:
    p50, p95 = milliseconds(load.at(0.5)), milliseconds(load.at(0.95))
    return f"{load.rate:.0f}/s, p50 {p50}, p95 {p95}"


def _gets(ids: list[UUID]) -> Requests:
    def requests(path: str, token: str) -> Iterator[bytes]:
        return itertools.cycle([request("GET", f"{path}{pk}/", token=token) for pk in ids])

    return requests


def _lists() -> Requests:
    def requests(path: str, token: str) -> Iterator[bytes]:
        query = "?page_size=50" if path == SOPS else ""
        return itertools.repeat(request("GET", path + query, token=token))

    return requests


def _patches(ids: list[UUID], body: Callable[[], dict[str, Any]]) -> Requests:
    def requests(path: str, token: str) -> Iterator[bytes]:
        for pk in itertools.cycle(ids):
            yield request("PATCH", f"{path}{pk}/", token=token, body=body())

    return requests


def _posts(rng: random.Random, more: dict[str, Any]) -> Requests:
    texts = [make_document(rng, LENGTH) for _ in range(50)]

    def requests(path: str, token: str) -> Iterator[bytes]:
        for number in itertools.count():
            body = {
                "title": f"{make_title(rng)} {number}",
                "content": texts[number % len(texts)],
                "summary": "What to do, in which order, and whom to tell.",
                "category": "Operations",
                "tags": ["bench"],
                **more,
            }
            yield request("POST", path, token=token, body=body)

    return requests


def _select_one(ids: list[UUID]) -> Callable[[psycopg.Connection], None]:
    turn = itertools.cycle(ids)
    sql = f"SELECT {_COLUMNS}, content FROM benchmark_documents WHERE sop_id = %s"  # noqa: S608

    def statement(connection: psycopg.Connection) -> None:
        connection.execute(sql.encode(), [next(turn)]).fetchone()

    return statement


def _select_many(connection: psycopg.Connection) -> None:
    sql = f"SELECT {_COLUMNS} FROM benchmark_documents ORDER BY updated_at DESC LIMIT 50"  # noqa: S608
    connection.execute(sql.encode()).fetchall()


def _update(ids: list[UUID], assignment: str) -> Callable[[psycopg.Connection], None]:
    turn = itertools.cycle(ids)
    sql = f"UPDATE benchmark_documents SET {assignment} WHERE sop_id = %s"  # noqa: S608

    def statement(connection: psycopg.Connection) -> None:
        connection.execute(sql.encode(), [next(turn)])

    return statement


def _insert(text: str) -> Callable[[psycopg.Connection], None]:
    # All columns of some row, so that none is missing.
    sql = (
        "INSERT INTO benchmark_documents SELECT (jsonb_populate_record(d,"
        " jsonb_build_object('sop_id', %s::text, 'content', %s::text))).*"
        " FROM benchmark_documents d LIMIT 1"
    )

    def statement(connection: psycopg.Connection) -> None:
        connection.execute(sql.encode(), [str(uuid4()), text])

    return statement


def _sql_rate(
    stack: Stack, statement: Callable[[psycopg.Connection], None], seconds: float
) -> float:
    """Return statements per second over as many connections as there are clients."""
    counts: list[int] = []
    deadline = time.perf_counter() + seconds

    def work() -> None:
        done = 0
        with stack.database() as connection:
            while time.perf_counter() < deadline:
                statement(connection)
                done += 1
        counts.append(done)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
