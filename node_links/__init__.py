"""The graph: nodes, links, events, the search index, and the bases every feature builds on."""
