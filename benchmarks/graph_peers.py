"""The peers of the graph: the same arrows elsewhere, asked the same questions."""

import csv
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from benchmarks.power_law import TYPES, PowerLawGraph
from benchmarks.stack import Stack

ON = ("supports", "produces")
BOTH = ("triggers",)
"""Types along which a change travels from source to target; any other, but these, only back."""


class Peer(Protocol):
    """Somebody who answers how many entities are reached; `finds` says whether paths too."""

    name: str
    finds: bool

    def hops(self, start: int, depth: int) -> int:
        """Return how many are reached along the arrows."""

    def impact(self, start: int, depth: int) -> int:
        """Return how many a change reaches."""

    def path(self, start: int, end: int) -> int | None:
        """Return the length of a shortest way along the arrows."""


def travelled(graph: PowerLawGraph) -> tuple[Any, Any]:
    """Return (from, to) of every arrow along which a change travels."""
    import numpy as np

    on = np.isin(graph.types, [TYPES.index(name) for name in (*ON, *BOTH)])
    back = np.isin(graph.types, [TYPES.index(name) for name in ON], invert=True)
    return (
        np.concatenate([graph.sources[on], graph.targets[back]]),
        np.concatenate([graph.targets[on], graph.sources[back]]),
    )


class RecursiveQuery:
    """`WITH RECURSIVE … UNION`, on the same tables and indexes, as the app role."""

    name = "a recursive CTE with UNION"
    finds = False
    _SQL = """
    WITH RECURSIVE walk (entity, depth) AS (
        SELECT %(start)s::uuid, 0
        UNION
        SELECT step.entity, walk.depth + 1 FROM walk CROSS JOIN LATERAL (
            SELECT l.target_entity_id AS entity FROM node_links l
            WHERE l.organization_id = %(tenant)s AND l.source_entity_id = walk.entity
                AND (%(along)s::text[] IS NULL OR l.link_type = ANY(%(along)s::text[]))
            UNION ALL
            SELECT l.source_entity_id FROM node_links l
            WHERE %(against)s::text[] IS NOT NULL AND l.organization_id = %(tenant)s
                AND l.target_entity_id = walk.entity
                AND l.link_type <> ALL(%(against)s::text[])
        ) step WHERE walk.depth < %(depth)s
    )
    SELECT count(DISTINCT entity) - 1 FROM walk
    """

    def __init__(self, stack: Stack, graph: PowerLawGraph, folder: Path) -> None:
        self._tenant = stack.actor.tenant_id
        self._ids = graph.ids

    def _count(self, start: int, depth: int, **types: Any) -> int:
        from django.db import connection

        values = {"start": self._ids[start], "tenant": self._tenant, "depth": depth, **types}
        with connection.cursor() as cursor:
            cursor.execute(self._SQL, values)
            ((number,),) = cursor.fetchall()
        return int(number)

    def hops(self, start: int, depth: int) -> int:
        """Return how many are reached along the arrows."""
        return self._count(start, depth, along=None, against=None)

    def impact(self, start: int, depth: int) -> int:
        """Return how many a change reaches."""
        return self._count(start, depth, along=[*ON, *BOTH], against=list(ON))

    def path(self, start: int, end: int) -> int | None:
        """Not asked: a CTE that keeps its paths does not end on such a graph."""
        raise NotImplementedError


class Networkx:
    """networkx, with everything in the memory of the process."""

    name = "networkx in memory"
    finds = True

    def __init__(self, stack: Stack, graph: PowerLawGraph, folder: Path) -> None:
        # Its stubs are no dependency: it is a peer, and nothing else.
        networkx = import_module("networkx")

        self._networkx = networkx
        self._arrows = networkx.DiGraph()
        self._arrows.add_edges_from(_pairs(graph.sources, graph.targets))
        self._changes = networkx.DiGraph()
        self._changes.add_edges_from(_pairs(*travelled(graph)))

    def _count(self, graph: Any, start: int, depth: int) -> int:
        found = self._networkx.single_source_shortest_path_length(graph, start, depth)
        return len(found) - 1

    def hops(self, start: int, depth: int) -> int:
        """Return how many are reached along the arrows."""
        return self._count(self._arrows, start, depth) if start in self._arrows else 0

    def impact(self, start: int, depth: int) -> int:
        """Return how many a change reaches."""
        return self._count(self._changes, start, depth) if start in self._changes else 0

    def path(self, start: int, end: int) -> int | None:
        """Return the length of a shortest way along the arrows."""
        try:
            return len(self._networkx.bidirectional_shortest_path(self._arrows, start, end)) - 1
        except (self._networkx.NetworkXNoPath, self._networkx.NodeNotFound):
            return None


class Kuzu:
    """Kuzu, an embedded graph database, on two threads."""

    name = "Kuzu"
    finds = True

    def __init__(self, stack: Stack, graph: PowerLawGraph, folder: Path) -> None:
        import kuzu

        database = kuzu.Database(str(folder / "graph"), buffer_pool_size=1 << 30)
        self._connection = kuzu.Connection(database, num_threads=2)
        _write(folder / "entities.csv", ((number,) for number in range(len(graph.ids))))
        _write(folder / "arrows.csv", _pairs(graph.sources, graph.targets))
        _write(folder / "changes.csv", _pairs(*travelled(graph)))
        self._run("CREATE NODE TABLE Entity(id INT64 PRIMARY KEY)")
        self._run(f'COPY Entity FROM "{folder / "entities.csv"}"')
        for table, file in (("Arrow", "arrows.csv"), ("Change", "changes.csv")):
            self._run(f"CREATE REL TABLE {table}(FROM Entity TO Entity)")
            self._run(f'COPY {table} FROM "{folder / file}"')

    def _run(self, query: str, **values: Any) -> Any:
        result: Any = self._connection.execute(query, values)
        return result.get_next() if result.has_next() else None

    def _count(self, table: str, start: int, depth: int) -> int:
        (number,) = self._run(
            f"MATCH (a:Entity {{id: $start}})-[:{table}* SHORTEST 1..{depth}]->(b:Entity)"
            " RETURN count(DISTINCT b.id)",
            start=start,
        )
        return int(number)

    def hops(self, start: int, depth: int) -> int:
        """Return how many are reached along the arrows."""
        return self._count("Arrow", start, depth)

    def impact(self, start: int, depth: int) -> int:
        """Return how many a change reaches."""
        return self._count("Change", start, depth)

    def path(self, start: int, end: int) -> int | None:
        """Return the length of a shortest way along the arrows."""
        found = self._run(
            "MATCH p = (a:Entity {id: $start})-[:Arrow* SHORTEST 1..10]->(b:Entity {id: $finish})"
            " RETURN length(p)",
            start=start,
            finish=end,
        )
        return None if found is None else int(found[0])


def _pairs(sources: Any, targets: Any) -> Iterable[tuple[int, int]]:
    return zip(sources.tolist(), targets.tolist(), strict=True)


def _write(path: Path, rows: Iterable[tuple[int, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


PEERS: tuple[Callable[[Stack, PowerLawGraph, Path], Peer], ...] = (RecursiveQuery, Networkx, Kuzu)
