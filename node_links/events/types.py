"""Types of events: what the data of each holds, and how an old shape becomes the newest one.

Each app declares its types in its `events.py`, which is found when the process starts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import SkipJsonSchema

# `reason: str | Absent = None`: may be left out. It is not null in the store: `record_event` drops
# members without a value.
Absent = SkipJsonSchema[None]

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class EventData(BaseModel):
    """Base of the data of all events: what is not declared does not belong there."""

    model_config = ConfigDict(extra="forbid")


class InvalidEvent(Exception):
    """A built-in event whose type is unknown or whose data do not fit: a fault of our own code."""


@dataclass(frozen=True, slots=True)
class EventType:
    """A built-in type of event.

    `data` is the model of the newest `version`, `earlier` holds those of the older ones.
    `upcasters[n]` makes data of version n into data of version n+1; it is pure and is given a copy
    of the outermost mapping only, so it must not change what lies deeper.
    """

    name: str
    data: type[EventData]
    version: int = 1
    upcasters: Mapping[int, Upcaster] = field(default_factory=dict)
    earlier: Mapping[int, type[EventData]] = field(default_factory=dict)

    def missing_upcasters(self) -> list[int]:
        """Return the versions from which no way leads to the next one."""
        return [number for number in range(1, self.version) if number not in self.upcasters]

    def validate(self, data: dict[str, Any]) -> None:
        """Check `data` against the newest version. Raises `InvalidEvent`, without any value."""
        try:
            self.data.model_validate(data)
        except ValidationError as error:
            faults = "; ".join(
                f"/{'/'.join(map(str, fault['loc']))}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            )
            # The cause is not chained: it repeats the values, which do not belong into a log.
            raise InvalidEvent(f"{self.name}, version {self.version}: {faults}") from None

    def upcast(self, data: dict[str, Any], version: int) -> dict[str, Any]:
        """Return `data`, written in `version`, in the newest shape; itself where it has it."""
        for number in range(version, self.version):
            data = self.upcasters[number]({**data})
        return data

    def schemas(self) -> dict[int, dict[str, Any]]:
        """Return the JSON Schema (2020-12) of each version that has a model, newest last."""
        models = {**self.earlier, self.version: self.data}
        return {number: _schema_of(models[number]) for number in sorted(models)}


class EventTypeRegistry:
    """The built-in types. Every process has the same ones."""

    def __init__(self) -> None:
        """Start empty."""
        self._types: dict[str, EventType] = {}

    def register(self, *types: EventType) -> None:
        """Add types; twice the same name is a programming error (`ValueError`)."""
        for event_type in types:
            if event_type.name in self._types:
                raise ValueError(f"There is an event type named {event_type.name} already.")
            self._types[event_type.name] = event_type

    def unregister(self, name: str) -> None:
        """Remove a type. Raises `KeyError` where there is none of this name."""
        del self._types[name]

    def get(self, name: str) -> EventType | None:
        """Return the type of this name, if it is a built-in one."""
        return self._types.get(name)

    def all(self) -> list[EventType]:
        """Return all types, by name."""
        return [self._types[name] for name in sorted(self._types)]

    def validate(self, name: str, data: dict[str, Any]) -> int:
        """Check the data of a new event and return the version that they have.

        Raises `InvalidEvent` for an unknown type and for data that do not fit.
        """
        event_type = self._types.get(name)
        if event_type is None:
            raise InvalidEvent(f"No app declares the event type {name} in its events.py.")
        event_type.validate(data)
        return event_type.version


event_types = EventTypeRegistry()


def _schema_of(model: type[EventData]) -> dict[str, Any]:
    schema = model.model_json_schema()
    for member in schema.get("properties", {}).values():
        # The default of what may be absent is no value that the schema would take.
        if member.get("default", "") is None:
            del member["default"]
    return schema
