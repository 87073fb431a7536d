"""Questions about the whole graph: what is near, what leads where, what a change reaches.

The points of the graph are entities. A link joins the entities at its ends, whichever node inside
them it names; a link between two nodes of one entity joins nothing. A start that names a node
narrows the first step to the links of that node. Deleted entities are neither shown nor passed
through. `docs/graph.md` tells of directions, limits and algorithms.
"""
