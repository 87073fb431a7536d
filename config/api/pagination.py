"""Two ways through a list: numbered pages, and a cursor for lists that grow while they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from config.api.errors import ParameterError

if TYPE_CHECKING:
    # Loaded by the framework's views, which it therefore cannot import itself.
    from rest_framework.views import APIView

Rows = QuerySet[Any, Any] | Sequence[Any]
MAX_PAGE_SIZE = 100
# More digits than any count has; PostgreSQL's OFFSET would refuse them with an error of its own.
MAX_DIGITS = 18


def positive_integer(request: Request, name: str, default: int) -> int:
    """Return the query parameter `name`, `default` where it is absent.

    Raises `ParameterError` unless it is written as a positive integer in ASCII digits.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_DIGITS or int(text) < 1:
        raise ParameterError.of(name, "invalid", "A positive integer is required.")
    return int(text)


class PageNumberPagination(pagination.BasePagination):
    """`{count, total_pages, page, page_size, next, previous, results}`.

    A page past the end is empty and not an error; `page_size` above 100 counts as 100.
    """

    parameters = ("page", "page_size")
    page_size = 20

    def paginate_queryset(
        self, queryset: Rows, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the rows of the page asked for."""
        self.request = request
        self.page = positive_integer(request, "page", 1)
        self.size = min(positive_integer(request, "page_size", self.page_size), MAX_PAGE_SIZE)
        self.count = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        self.total_pages = -(-self.count // self.size)
        if self.page > self.total_pages:
            return []
        start = (self.page - 1) * self.size
        return list(queryset[start : start + self.size])

    def get_paginated_response(self, data: Any) -> Response:
        """Return the envelope around `data`."""
        return Response(
            {
                "count": self.count,
                "total_pages": self.total_pages,
                "page": self.page,
                "page_size": self.size,
                "next": self._link(self.page + 1) if self.page < self.total_pages else None,
                "previous": self._link(min(self.page - 1, self.total_pages)),
                "results": data,
            }
        )

    def _link(self, page: int) -> str | None:
        if page < 1:
            return None
        url = self.request.build_absolute_uri()
        return (
            remove_query_param(url, "page") if page == 1 else replace_query_param(url, "page", page)
        )

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the OpenAPI schema of the envelope around `schema`."""
        whole = {"type": "integer", "minimum": 0, "examples": [1]}
        properties = {
            "count": {**whole, "description": "Rows on all pages."},
            "total_pages": whole,
            "page": whole,
            "page_size": {**whole, "maximum": MAX_PAGE_SIZE},
            **_links("page=2"),
            "results": schema,
        }
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the query parameters, for OpenAPI."""
        return [
            _parameter("page", "Number of the page, from 1.", 1),
            _parameter("page_size", f"Rows per page; above {MAX_PAGE_SIZE} counts as that.", 20),
        ]


class CursorPagination(pagination.CursorPagination):
    """`{next, previous, results}`: no count, and no row twice while others are being added."""

    parameters = ("cursor", "page_size")
    page_size = 20
    page_size_query_param = "page_size"
    ordering = "-id"
    template = None
    # Rows made by one statement share their timestamp; there may be more of them than any cut-off.
    offset_cutoff = None  # type: ignore[assignment]  # the stubs miss the None that is documented

    def paginate_queryset(
        self, queryset: Rows, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Return the rows behind the cursor; raises `ParameterError` for one we never gave out."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DjangoValidationError, ValueError, OverflowError, DataError) as error:
            if self.cursor_query_param not in request.query_params:
                raise
            raise _bad_cursor() from error

    def get_page_size(self, request: Request) -> int:
        """Return the rows per page."""
        return min(positive_integer(request, "page_size", self.page_size or 20), MAX_PAGE_SIZE)

    def decode_cursor(self, request: Request) -> Any:
        """Return the cursor of the request, or None on the first page."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise _bad_cursor() from error

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the OpenAPI schema of the envelope around `schema`."""
        properties = {**_links("cursor=cD0yMDI2"), "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the query parameters, for OpenAPI."""
        cursor = {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": "Taken from `next` or `previous`.",
            "schema": {"type": "string"},
        }
        return [cursor, _parameter("page_size", "Rows per page.", 20)]


def _bad_cursor() -> ParameterError:
    return ParameterError.of("cursor", "invalid", "This cursor was not made here.")


def _links(example: str) -> dict[str, Any]:
    link = {
        "type": ["string", "null"],
        "format": "uri",
        "examples": [f"https://nodeloom.example/api/v1/sops/?{example}"],
    }
    return {"next": link, "previous": link}


def _parameter(name: str, description: str, default: int) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "integer", "minimum": 1, "default": default},
    }
