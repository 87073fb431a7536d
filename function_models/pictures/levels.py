"""On which level each container stands: one after the last one that it depends on."""

from function_models.pictures.sketch import REMOVED, Sketch


def level_numbers(sketch: Sketch) -> list[int]:
    """Return the level of each container, 0 for what depends on nothing.

    Of two drawings at once, what was removed is left aside where it would close a cycle.
    """
    import rustworkx as rx  # loaded where it is used: most requests draw nothing

    graph: rx.PyDiGraph[int, None] = rx.PyDiGraph(multigraph=False, check_cycle=True)
    graph.add_nodes_from(range(len(sketch.containers)))
    kept = [(a.source, a.target) for a in sketch.arrows if a.change != REMOVED]
    graph.check_cycle = False  # a drawing has none, and checking each edge takes time
    graph.add_edges_from_no_data(kept)
    graph.check_cycle = True
    for arrow in sketch.arrows:
        if arrow.change == REMOVED:
            try:
                graph.add_edge(arrow.source, arrow.target, None)
            except rx.DAGWouldCycle:
                continue
    levels = [0] * len(sketch.containers)
    for point in rx.topological_sort(graph):
        before = graph.predecessor_indices(point)
        levels[point] = max((levels[one] + 1 for one in before), default=0)
    return levels
