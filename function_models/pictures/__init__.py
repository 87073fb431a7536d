"""Pictures of function models: one drawing, or what differs between two, as one SVG document.

    sketch -> figures (measured) -> sheet (as drawn, or in levels) -> ways of arrows -> template

Nothing here reads the database.
"""
