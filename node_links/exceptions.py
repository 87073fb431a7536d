"""Refusals of the graph."""

from config.exceptions import Conflict


class NotOffered(Conflict):
    """The feature that a node belongs to does not offer this operation."""

    code = "not_offered"
    default_detail = "The feature does not offer this."
