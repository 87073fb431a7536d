"""The graph: nodes, links, events and search, under all features."""
