"""Content negotiation that costs nothing where there is nothing to negotiate."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class Negotiation(DefaultContentNegotiation):
    """A view with one renderer answers with it, whatever was asked for (RFC 9110, 12.5.1)."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        """Return the renderer and its media type."""
        offered = list(renderers)
        if len(offered) == 1:
            return offered[0], offered[0].media_type
        return super().select_renderer(request, offered, format_suffix)
