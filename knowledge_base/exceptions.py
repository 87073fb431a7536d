"""Refusals of the knowledge base."""

from config.exceptions import Conflict


class SopInUse(Conflict):
    """Something relies on the SOP; the member `users` names what. Archive it instead."""

    code = "in_use"
