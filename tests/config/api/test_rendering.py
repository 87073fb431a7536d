"""Values become JSON that every client reads alike."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import RequestFactory
from django.utils.functional import lazystr
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from config.api.negotiation import Negotiation
from config.api.renderers import JSONRenderer


class _CSV(BaseRenderer):
    media_type = "text/csv"
    format = "csv"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), '"2026-01-02T03:04:05Z"'),
        (datetime(2026, 1, 2, 3, 4, 5, 6), '"2026-01-02T03:04:05.000006Z"'),
        (
            datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))),
            '"2026-01-02T01:00:00Z"',
        ),
        (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        (Decimal("NaN"), "null"),
        (float("inf"), "null"),
        (timedelta(minutes=1, milliseconds=5), "60.005"),
        ({"b", "a"}, '["a","b"]'),
        (lazystr("later"), '"later"'),
        ({1: "é"}, '{"1":"é"}'),
    ],
)
def test_each_kind_of_value_has_one_form(value: object, text: str) -> None:
    assert JSONRenderer().render(value).decode() == text


def test_nothing_is_an_empty_body() -> None:
    assert JSONRenderer().render(None) == b""


def test_what_json_cannot_hold_is_named() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: object"):
        JSONRenderer().render({"a": object()})


def test_a_single_renderer_answers_whatever_was_asked_for() -> None:
    request = Request(RequestFactory().get("/", headers={"Accept": "text/html"}))

    chosen, media_type = Negotiation().select_renderer(request, [JSONRenderer()])

    assert (chosen.format, media_type) == ("json", "application/json")


def test_of_several_renderers_the_one_asked_for_answers() -> None:
    request = Request(RequestFactory().get("/", headers={"Accept": "text/csv"}))

    chosen, media_type = Negotiation().select_renderer(request, [JSONRenderer(), _CSV()])

    assert (chosen.format, media_type) == ("csv", "text/csv")
