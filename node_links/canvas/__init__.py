"""React Flow documents `{nodes, edges, viewport}`: what every drawn entity has in common.

A feature says which types of nodes it draws and which rules hold among them; shapes, ids, parents,
order and the comparison of two drawings are here. Nothing in this package touches the database.
"""
