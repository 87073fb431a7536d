"""Pictures of the graph: a node's neighbourhood as one SVG document that needs nothing else.

    sketch -> layout (layered, or spread by springs) -> routes of the links -> template

Nothing here reads the database; what is drawn is handed in, and so is where a click leads.
"""
