"""What a compiled serializer shows is what the framework shows."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db.models import TextChoices
from rest_framework import serializers as drf

from config.api.reading import Read, readers_of
from config.api.serializers import Serializer


class Colour(TextChoices):
    RED = "red"
    BLUE = "blue"


class Place(Serializer):
    x = drf.FloatField()
    y = drf.FloatField(required=False)


class Told(Serializer):
    """A nested row that looks beyond itself."""

    name = drf.SerializerMethodField()

    def get_name(self, row: Any) -> str:
        return f"{self.context['greeting']} {row['name']}"


class Shape(Serializer):
    name = drf.CharField()
    colour = drf.ChoiceField(choices=Colour.choices)
    size = drf.ChoiceField(choices=[(1, "small"), (2, "large")])
    count = drf.IntegerField(source="number")
    price = drf.DecimalField(max_digits=5, decimal_places=2)
    public = drf.BooleanField()
    words = drf.ListField(child=drf.CharField())
    dates = drf.ListField(child=drf.DateField())
    facts = drf.DictField()
    key = drf.UUIDField()
    moment = drf.DateTimeField()
    day = drf.DateField()
    year = drf.DateTimeField(format="%Y", source="moment")
    place = Place()
    told = Told()
    city = drf.CharField(source="place.city", default="nowhere")
    missing = drf.CharField(required=False)
    absent = drf.CharField(default="as agreed")
    called = drf.CharField()
    secret = drf.CharField(write_only=True)
    method = drf.SerializerMethodField()

    def get_method(self, row: Any) -> str:
        return f"{self.context['greeting']} {row.name}"


def row(**changes: Any) -> SimpleNamespace:
    values: dict[str, Any] = {
        "name": "Anna",
        "colour": Colour.RED,
        "size": 2,
        "number": 7,
        "price": Decimal("1.5"),
        "public": True,
        "words": ["a", None, 3],
        "dates": [date(2026, 1, 2)],
        "facts": {"a": [1, None]},
        "key": UUID(int=5),
        "moment": datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "place": {"x": 1.5},
        "told": {"name": "Ben"},
        "called": lambda: "by name",
    }
    return SimpleNamespace(**{**values, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": None, "moment": None, "words": None, "place": None},
        {"moment": datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2)))},
        {"place": SimpleNamespace(x=1, y=2, city="Ulm"), "missing": "here", "absent": "too"},
        {"name": 5, "number": "8", "public": "true", "colour": "blue", "size": "1"},
    ],
)
def test_a_compiled_row_is_the_row_of_the_framework(changes: dict[str, Any]) -> None:
    context = {"greeting": "Hello"}
    plain = drf.Serializer.to_representation

    shown = Shape(row(**changes), context=context).data

    assert dict(shown) == plain(Shape(context=context), row(**changes))
    assert list(shown) == list(plain(Shape(context=context), row(**changes)))


def test_many_rows_are_read_one_by_one() -> None:
    rows = [row(name="Anna"), row(name="Ben")]

    shown = Shape(rows, many=True, context={"greeting": "Hello"}).data

    assert [each["method"] for each in shown] == ["Hello Anna", "Hello Ben"]


def test_fields_changed_for_one_serializer_change_its_answer_and_no_other() -> None:
    changed = Place({"x": 1, "y": 2})
    changed.fields.pop("y")

    assert changed.data == {"x": 1.0}
    assert Place({"x": 1, "y": 2}).data == {"x": 1.0, "y": 2.0}


def test_fields_of_two_serializers_share_nothing_that_one_may_change() -> None:
    first, second = Shape(), Shape()

    first.fields["words"].child.required = False  # type: ignore[attr-defined]

    assert first.fields["words"].parent is first
    assert second.fields["words"].parent is second
    assert second.fields["words"].child.parent is second.fields["words"]  # type: ignore[attr-defined]
    assert second.fields["words"].child.required is True


def test_a_lone_surrogate_is_refused_as_the_framework_refuses_it() -> None:
    class Named(Serializer):
        name = drf.CharField()

    mine = Named(data={"name": "a\ud800"})

    assert mine.is_valid() is False
    assert mine.errors["name"][0].code == "surrogate_characters_not_allowed"
    assert Named(data={"name": "Ünïcode"}).is_valid() is True


def test_a_list_is_compiled_once_whatever_its_fields_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that is read the framework's way makes the serializer's own fields."""
    compiled: list[Any] = []

    def watched(serializer: Any) -> list[tuple[str, Read]]:
        compiled.append(type(serializer))
        return readers_of(serializer)

    monkeypatch.setattr("config.api.serializers.readers_of", watched)

    class Town(Serializer):
        told = Told()

    rows = [row(told={"name": name}) for name in ("Anna", "Ben", "Cleo")]
    shown = Town(rows, many=True, context={"greeting": "Hello"}).data

    assert [each["told"]["name"] for each in shown] == ["Hello Anna", "Hello Ben", "Hello Cleo"]
    assert compiled.count(Town) == 1
