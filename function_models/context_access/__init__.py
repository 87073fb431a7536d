"""Which node may see and write which other node's context, and what of it. Pure.

The same rules hold for the design, where people ask, and for runs, where steps do.
"""
