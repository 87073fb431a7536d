"""The router of every app: trailing slashes, no root view."""

from rest_framework.routers import SimpleRouter


class Router(SimpleRouter):
    """Registers viewsets; identifiers in addresses hold neither slash nor dot."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=True)
