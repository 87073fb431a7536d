"""Nodes of the graph: kept in step with their entities, and read and written across features."""
