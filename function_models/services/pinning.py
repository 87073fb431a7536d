"""Which versions the nested models of a run will run in: found once, when the run begins."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.actors import Actor
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.pins import PUBLISHED, key_of
from function_models.validation.structural import MAX_LEVELS
from node_links.choices import EntityStatus


@dataclass(frozen=True, slots=True)
class Nested:
    """A model that an action runs: what names it among the pins, and how far it may nest on."""

    target: str
    wanted: str
    levels: int = MAX_LEVELS

    @property
    def key(self) -> str:
        """What names it among the pins."""
        return key_of(self.target, self.wanted)


@dataclass(frozen=True, slots=True)
class Pins:
    """The versions found, by key: of each its id and the models that it nests itself."""

    first: tuple[Nested, ...]
    versions: Mapping[str, UUID] = field(default_factory=dict)
    below: Mapping[str, tuple[Nested, ...]] = field(default_factory=dict)

    @property
    def noted(self) -> dict[str, str]:
        """What a run notes."""
        return {key: str(pk) for key, pk in self.versions.items()}

    @property
    def levels(self) -> int:
        """How many levels of runs there are, the root included; counted to one too many."""
        return 1 + max((self._levels(one, 1) for one in self.first), default=0)

    def allows(self, most: int) -> bool:
        """Return whether no more than `most` levels nest, and no action is nested below deeper
        than it allows."""
        if self.levels > min(most, MAX_LEVELS):
            return False
        edges = [*self.first, *(one for members in self.below.values() for one in members)]
        return all(self._levels(one, 1) <= one.levels for one in edges)

    def _levels(self, nested: Nested, depth: int) -> int:
        """Return how many levels begin with a nested model; a circle is one too many."""
        if depth > MAX_LEVELS:
            return 1
        return 1 + max(
            (self._levels(one, depth + 1) for one in self.below.get(nested.key, ())), default=0
        )


def nested_in(nodes: Iterable[Mapping[str, Any]]) -> tuple[Nested, ...]:
    """Return the models that the nodes of a drawing run, each once."""
    return tuple(dict.fromkeys(_nested(nodes)))


def find_pins(*, actor: Actor, nodes: Iterable[Mapping[str, Any]]) -> Pins:
    """Return the versions in which the models below a drawing would run now.

    Two statements for each level. What is missing, archived or was never published has no pin.
    """
    first = nested_in(nodes)
    versions: dict[str, UUID] = {}
    below: dict[str, tuple[Nested, ...]] = {}
    wave: dict[str, Nested] = {one.key: one for one in first}
    while wave and len(below) <= _MOST:
        found = _versions(actor, wave.values())
        for key, version in found.items():
            versions[key] = version.pk
            below[key] = nested_in(version.content["nodes_data"])
        wave = {
            one.key: one
            for key in found
            for one in below[key]
            if one.key not in versions and one.key not in wave
        }
    return Pins(first, versions, below)


_MOST = 1000
"""So many versions are looked at for one run."""


def _nested(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Nested]:
    for node in nodes:
        if node["type"] == "functionModelContainer":
            data = node["data"]
            limits = data.get("hierarchical_validation") or {}
            yield Nested(
                str(data["nested_model_id"]),
                data.get("nested_version") or PUBLISHED,
                limits.get("max_nesting_depth") or MAX_LEVELS,
            )


def _versions(actor: Actor, wanted: Iterable[Nested]) -> dict[str, FunctionModelVersion]:
    asked = [(one, pk) for one in wanted if (pk := _uuid(one.target)) is not None]
    rows = FunctionModel.all_objects.visible_to(actor).alive()
    rows = rows.filter(pk__in={pk for _, pk in asked}).exclude(status=EntityStatus.ARCHIVED)
    live = dict(rows.values_list("pk", "published_version"))
    numbers = {
        one.key: (pk, live[pk] if one.wanted == PUBLISHED else one.key.partition("@")[2])
        for one, pk in asked
        if pk in live
    }
    which = Q(pk=None)
    for pk, number in set(numbers.values()):
        which |= Q(entity_id=pk, version=number)
    found = {
        (version.entity_id, version.version): version
        for version in FunctionModelVersion.objects.filter(which)
    }
    return {key: found[place] for key, place in numbers.items() if place in found}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
