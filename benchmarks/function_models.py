"""Function models over REST beside a bare viewset, large drawings, and many hands at once."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from benchmarks.drawings import make_drawing
from benchmarks.figures import Figure, at_least, milliseconds
from benchmarks.load import Load, drive, fetch, request
from benchmarks.plan import Plan
from benchmarks.replay import check_replay
from benchmarks.stack import Stack, bare, make_bare_models, web

CONNECTIONS = 16
MANY = 64
STAGES = 12  # about 10 KB as it is stored
LARGE = (100, 9)  # with input and output 1 002 nodes
LONG = 3600.0
MODELS = "/api/v1/function-models/"
PROCESSES = "/processes/"


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the figures of single requests, of large drawings, and of mixed work."""
    rng = random.Random(17)
    ids = make_models(stack, "Single", plan.models, make_drawing(rng, STAGES, 0))
    make_bare_models(stack)
    with web(stack) as ours, bare(stack, gunicorn=True) as floor:
        for name, target, mine, theirs in _operations(stack, ids, rng):
            yield _compared(plan, name, target, (ours, mine), (floor, theirs))
        yield _published(stack, ids, ours, floor)
        yield from _large(stack, plan, rng, ours)
        yield from _mixed(stack, plan, rng, ours)


def make_models(stack: Stack, label: str, count: int, document: dict[str, Any]) -> list[UUID]:
    """Draw `document` in `count` new models through the service and return their ids."""
    from accounts.tenancy import scope
    from function_models.canvas.document import parse_canvas
    from function_models.services.models import create_model

    made = []
    for number in range(count):
        with scope(stack.actor):
            canvas = parse_canvas(document)
            name = f"{label} {number}"
            made.append(create_model(actor=stack.actor, canvas=canvas, name=name).pk)
    return made


def _operations(
    stack: Stack, ids: list[UUID], rng: random.Random
) -> Iterator[tuple[str, float, Iterator[bytes], Iterator[bytes]]]:
    """Yield (name, target, our requests, the peer's) of each kind of request."""
    token, count = stack.token(), itertools.count()
    canvas = make_drawing(rng, STAGES, 0)
    size = len(json.dumps(canvas)) // 1000

    def whole() -> dict[str, Any]:
        canvas["nodes"][3]["data"]["name"] = f"Stage {next(count)}"
        return canvas

    def part() -> dict[str, Any]:
        return {"data": {"name": f"Stage {next(count)}"}}

    for name, target, method, rest, body in (
        ("GET one", 1.0, "GET", "", None),
        ("GET canvas", 1.0, "GET", "canvas/", None),
        (f"PUT canvas, {size} KB sent, one node changed", 0.7, "PUT", "canvas/", whole),
        ("PATCH one node", 0.7, "PATCH", "nodes/s3/", part),
    ):
        mine = _in_turn(ids, method, MODELS, rest, token, body)
        theirs = _in_turn(ids, method, PROCESSES, rest, "", body)
        yield f"{name}, {CONNECTIONS} clients", target, mine, theirs
    lists = request("GET", f"{MODELS}?page_size=50", token=token), request("GET", PROCESSES)
    yield "list of 50, no canvases", 0.7, itertools.repeat(lists[0]), itertools.repeat(lists[1])


def _in_turn(
    ids: list[UUID],
    method: str,
    path: str,
    rest: str,
    token: str,
    body: Callable[[], dict[str, Any]] | None,
) -> Iterator[bytes]:
    for pk in itertools.cycle(ids):
        sent = body() if body else None
        yield request(method, f"{path}{pk}/{rest}", token=token, body=sent)


def _compared(
    plan: Plan,
    name: str,
    target: float,
    mine: tuple[int, Iterator[bytes]],
    theirs: tuple[int, Iterator[bytes]],
) -> Figure:
    bursts: list[list[Load]] = [
        [drive(port, requests, connections=CONNECTIONS, seconds=plan.seconds)
         for port, requests in (mine, theirs)]
        for _ in range(plan.rounds + 1)
    ]  # fmt: skip
    # The first requests load code.
    ours, floor = (
        sorted(loads, key=lambda load: load.rate)[plan.rounds // 2]
        for loads in zip(*bursts[1:], strict=True)
    )
    return at_least(
        f"{name}, against bare DRF", _told(ours), _told(floor), ours.rate / floor.rate, target
    )


def _published(stack: Stack, ids: list[UUID], ours: int, floor: int) -> Figure:
    """Publish every model once: a version, a report, events, an audit trail."""
    token = stack.token()
    mine, theirs = (
        drive(
            port,
            iter([request("POST", f"{path}{pk}/publish/", token=key, body={}) for pk in ids]),
            connections=CONNECTIONS,
            seconds=LONG,
        )
        for port, path, key in ((ours, MODELS, token), (floor, PROCESSES, ""))
    )
    return Figure(
        "publish, against a bare change of the status",
        _told(mine),
        _told(theirs),
        mine.rate / theirs.rate,
    )


def _large(stack: Stack, plan: Plan, rng: random.Random, port: int) -> Iterator[Figure]:
    document = make_drawing(rng, *LARGE)
    ids = make_models(stack, "Large", plan.rounds, {"nodes": [], "edges": []})
    path = f"{MODELS}{ids[0]}/canvas/"
    count, token = itertools.count(), stack.token()

    def changed(read: Callable[[], Any]) -> Iterator[bytes]:
        drawing = read()
        for _ in range(4 * plan.rounds):
            for node in drawing["nodes"][:10]:
                node["data"]["name"] = f"Changed {next(count)}"
            yield request("PUT", path, token=token, body=drawing)

    def as_an_editor_has_it() -> Any:
        return fetch(port, path, token=token)

    first = iter(
        [request("PUT", f"{MODELS}{pk}/canvas/", token=token, body=document) for pk in ids]
    )
    for name, requests in (
        ("all new", first),
        ("ten changed", changed(lambda: document)),
        ("ten changed in what was read", changed(as_an_editor_has_it)),
    ):
        load = drive(port, requests, connections=1, seconds=LONG)
        middle = load.at(0.5)
        yield Figure(
            f"PUT of {len(document['nodes'])} nodes, {name}",
            f"p50 {milliseconds(middle)}, p95 {milliseconds(load.at(0.95))}",
            target="p50 < 300 ms",
            met=middle < 0.3,
        )


def _mixed(stack: Stack, plan: Plan, rng: random.Random, port: int) -> Iterator[Figure]:
    """Let 64 clients read and change the same models; nothing may fail or be lost."""
    ids = make_models(stack, "Shared", MANY // 2, make_drawing(rng, STAGES, 0))
    written: dict[tuple[UUID, str], set[str]] = {}
    requests = _mixture(stack.token(), rng, ids, plan.model_operations, written)
    load = drive(port, requests, connections=MANY, seconds=LONG)
    lost = check_replay(stack, ids, written)
    yield Figure(
        f"{len(load.latencies)} mixed operations, {MANY} at once: errors, lost updates",
        f"{len(load.failures)} errors, {lost} lost; {_told(load)}",
        target="0, 0",
        met=not load.failures and lost == 0 and len(load.latencies) == plan.model_operations,
    )


def _mixture(
    token: str,
    rng: random.Random,
    ids: list[UUID],
    count: int,
    written: dict[tuple[UUID, str], set[str]],
) -> Iterator[bytes]:
    """Yield reads, lists, new models, and changes that each leave a mark of their own."""
    for number in range(count):
        pk, node = rng.choice(ids), f"s{rng.randrange(STAGES)}"
        match rng.randrange(10):
            case 0:
                body = {"name": f"Mixed {number}", "tags": ["bench"]}
                yield request("POST", MODELS, token=token, body=body)
            case 1:
                yield request("GET", f"{MODELS}?page_size=50", token=token)
            case 2 | 3 | 4 | 5:
                yield request("GET", f"{MODELS}{pk}/", token=token)
            case 6:
                yield request("GET", f"{MODELS}{pk}/canvas/", token=token)
            case _:
                mark = f"mark_{number}"
                written.setdefault((pk, node), set()).add(mark)
                path = f"{MODELS}{pk}/nodes/{node}/"
                yield request("PATCH", path, token=token, body={"data": {mark: number}})


def _told(load: Load) -> str:
    p50, p95 = milliseconds(load.at(0.5)), milliseconds(load.at(0.95))
    return f"{load.rate:.0f}/s, p50 {p50}, p95 {p95}"
