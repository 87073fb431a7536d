"""Refusals of the knowledge base."""

from config.exceptions import Conflict


class SopInUse(Conflict):
    """Something relies on the SOP; `users` in the problem document names what. Archive it instead."""

    code = "in_use"
