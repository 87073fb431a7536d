"""Query parameters of lists: known ones are checked, unknown ones refused, order is total."""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.db.models import Model, QuerySet
from django_filters.rest_framework.backends import DjangoFilterBackend
from django_filters.rest_framework.filters import BooleanFilter as KindBooleanFilter
from django_filters.rest_framework.filters import Filter
from django_filters.rest_framework.filterset import FilterSet as FrameworkFilterSet
from django_filters.utils import translate_validation
from rest_framework import filters
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from config.api.errors import ParameterError

if TYPE_CHECKING:
    # Loaded by the framework's views, which it therefore cannot import itself.
    from rest_framework.views import APIView

SEARCH, ORDERING = "search", "ordering"
_TRUTH = {"true": True, "false": False}


class BooleanField(forms.NullBooleanField):
    """A form field that takes `true` and `false` and nothing else."""

    def to_python(self, value: object) -> Any:
        """Return the truth value; None where the parameter is absent."""
        if value is None:
            return None
        if isinstance(value, str) and value in _TRUTH:
            return _TRUTH[value]
        raise DjangoValidationError("Write true or false.", code="invalid")


class BooleanFilter(KindBooleanFilter):
    """`?name=true` or `?name=false`."""

    field_class = BooleanField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput)
        super().__init__(*args, **kwargs)


class WholeNumberFilter(Filter):
    """`?name=30`; the bounds are `min_value` and `max_value`."""

    field_class = forms.IntegerField  # type: ignore[assignment]  # the library means any field

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class FilterSet(FrameworkFilterSet):
    """Base of all filter sets; boolean columns get the strict filter."""

    FILTER_DEFAULTS = {
        **FrameworkFilterSet.FILTER_DEFAULTS,
        models.BooleanField: {"filter_class": BooleanFilter},
    }


class StrictFilterBackend(DjangoFilterBackend):
    """Applies the view's `filterset_class` (or `filterset_fields`) and `search_fields`.

    All wrong parameters are refused together: unknown names, values that do not fit, booleans
    other than `true` and `false`. A view that reads further parameters by itself names them in
    `extra_query_parameters`. Where no filter is asked for the filter set, which copies all of its
    filters, is not made, so a filter must not have an effect of its own when it is absent.
    """

    filterset_base = FilterSet

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> QuerySet[Model]:
        """Return the rows that match; raises `ParameterError`."""
        if not request.query_params:
            return queryset
        errors: dict[str, Any] = unknown_parameters(request, view, queryset)
        filterset = None
        if self._filters(request, queryset, view):
            filterset = self.get_filterset(request, queryset, view)
        if filterset is not None and not filterset.is_valid():
            errors.update(translate_validation(filterset.errors).detail)
        if errors:
            raise ParameterError(errors)
        found = queryset if filterset is None else filterset.qs
        return self._search(request, found, view)

    def _filters(self, request: Request, queryset: QuerySet[Model], view: APIView) -> bool:
        made_of = self.get_filterset_class(view, queryset)
        names: Container[str] = getattr(made_of, "base_filters", ())
        return any(name in names for name in request.query_params)

    def _search(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> QuerySet[Model]:
        if SEARCH not in request.query_params or not getattr(view, "search_fields", None):
            return queryset
        try:
            return filters.SearchFilter().filter_queryset(request, queryset, view)
        except ValidationError as error:
            raise ParameterError({SEARCH: error.detail}) from error

    def get_filterset_class(
        self, view: APIView, queryset: QuerySet[Model] | None = None
    ) -> type[FilterSet] | None:
        """Return the view's filter set; one made of `filterset_fields` is made once."""
        given: type[FilterSet] | None = getattr(view, "filterset_class", None)
        fields = getattr(view, "filterset_fields", None)
        if given is not None or not fields or queryset is None:
            return given
        lookups = tuple(fields.items()) if isinstance(fields, dict) else tuple(fields)
        return _made_filterset(queryset.model, lookups)


@lru_cache(maxsize=256)
def _made_filterset(model: type[Model], lookups: tuple[Any, ...]) -> type[FilterSet]:
    names = all(isinstance(lookup, str) for lookup in lookups)
    meta = type("Meta", (), {"model": model, "fields": lookups if names else dict(lookups)})
    return type(f"{model.__name__}FilterSet", (FilterSet,), {"Meta": meta})


def unknown_parameters(
    request: Request, view: APIView, queryset: QuerySet[Model] | None = None
) -> dict[str, list[ErrorDetail]]:
    """Return `{name: error}` for each query parameter that `view` does not know."""
    given = request.query_params.keys()
    known = known_parameters(view, queryset)
    message = "There is no such parameter here."
    return {
        name: [ErrorDetail(message, "unknown_parameter")] for name in given if name not in known
    }


def known_parameters(view: APIView, queryset: QuerySet[Model] | None = None) -> set[str]:
    """Return the names of the query parameters that `view` reads."""
    known = {"format", *getattr(view, "extra_query_parameters", ())}
    known.update(getattr(getattr(view, "paginator", None), "parameters", ()))
    if getattr(view, "search_fields", None):
        known.add(SEARCH)
    for backend in getattr(view, "filter_backends", ()):
        if issubclass(backend, filters.OrderingFilter):
            known.add(ORDERING)
        elif issubclass(backend, StrictFilterBackend):
            filterset = backend().get_filterset_class(view, queryset)
            known.update(filterset.base_filters if filterset else ())
    return known


class StableOrderingFilter(filters.OrderingFilter):
    """`?ordering=name,-created_at` among the view's `ordering_fields`; ends in the primary key.

    The key takes the direction of the last term, so that one index serves both.
    """

    def get_ordering(self, request: Request, queryset: QuerySet[Model], view: APIView) -> list[str]:
        """Return the terms; raises `ParameterError` for one that is not allowed."""
        asked = request.query_params.get(ORDERING)
        if asked is None:
            return total_order(self._default(queryset, view))
        allowed = getattr(view, "ordering_fields", None) or ()
        terms = [term.strip() for term in asked.split(",")]
        wrong = [term for term in terms if term.removeprefix("-") not in allowed]
        if wrong:
            message = f"Choose from: {', '.join(allowed) or 'nothing'}."
            raise ParameterError.of(ORDERING, "invalid_choice", message)
        return total_order(terms)

    def _default(self, queryset: QuerySet[Model], view: APIView) -> Iterable[Any]:
        of_view = self.get_default_ordering(view)
        return of_view or queryset.query.order_by or queryset.model._meta.ordering or ()

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Return the parameter, for OpenAPI."""
        allowed = getattr(view, "ordering_fields", None) or ()
        if not allowed:
            return []
        return [
            {
                "name": ORDERING,
                "in": "query",
                "required": False,
                "description": f"Comma-separated, `-` for descending: {', '.join(allowed)}.",
                "schema": {"type": "string", "examples": [f"-{allowed[0]}"]},
            }
        ]


def total_order(terms: Iterable[Any]) -> list[Any]:
    """Return `terms` with the primary key behind them, unless it is there or they are no names."""
    ordered = list(terms)
    if not all(isinstance(term, str) for term in ordered):
        return [*ordered, "pk"]
    if any(term.removeprefix("-") in ("pk", "id") for term in ordered):
        return ordered
    descending = bool(ordered) and ordered[-1].startswith("-")
    return [*ordered, "-pk" if descending else "pk"]
