"""What is told of cycles, and when: whoever finds them is given."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from accounts.actors import Actor
from accounts.tenancy import system_scope
from node_links.links.drafts import Address
from node_links.models import NodeEvent
from node_links.services.links import cycles
from node_links.services.links.cycles import check_cycles
from node_links.tasks.cycles import check_cycles as look_for_cycles
from tests.factories import Cast, make_sop
from tests.node_links.links.observing import make_link, told

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Cycle:
    """A cycle as a finder tells it."""

    nodes: tuple[Address, ...]
    link_types: tuple[tuple[str, ...], ...]
    contains_triggers: bool = False
    critical: bool = False


@dataclass
class Finder:
    """Finds what it is told to, and remembers what it was asked."""

    cycles: tuple[Cycle, ...] = ()
    asked: list[tuple[int, int, bool]] = field(default_factory=list)

    @property
    def total_cycles(self) -> int:
        return len(self.cycles)

    def __call__(
        self, *, actor: Actor, max_length: int, critical_length: int, include_runtime: bool
    ) -> "Finder":
        self.asked.append((max_length, critical_length, include_runtime))
        return self


A, B, C = (Address("spindle", UUID(int=number)) for number in range(3))
PAIR = Cycle((A, B), (("supports",), ("triggers", "uses")), True)
RING = Cycle((A, B, C), (("uses",),) * 3, critical=True)


def test_cycles_are_told_when_they_are_others_than_were_told(cast: Cast) -> None:
    organization = cast.organization.pk
    finder = Finder()
    assert not check_cycles(organization_id=organization, find=finder)
    assert finder.asked == [(10, 3, False)]
    assert told("LinkCyclesDetected") == []

    finder.cycles = (PAIR, RING)
    assert check_cycles(organization_id=organization, find=finder)
    assert not check_cycles(organization_id=organization, find=finder)
    [data] = told("LinkCyclesDetected")
    assert (data["total_cycles"], data["critical_cycles"]) == (2, 1)
    assert data["cycles"][0] == {
        "nodes": [f"spindle:{A.entity_id}", f"spindle:{B.entity_id}"],
        "length": 2,
        "link_types": [["supports"], ["triggers", "uses"]],
        "contains_triggers": True,
        "critical": False,
    }
    with system_scope():
        event = NodeEvent.objects.get(event_type="LinkCyclesDetected")
    assert (event.feature_type, event.entity_id) == ("organization", organization)

    finder.cycles = (RING,)
    assert check_cycles(organization_id=organization, find=finder)
    assert check_cycles(organization_id=cast.stranger.organization.pk, find=finder)


def test_an_event_holds_so_many_cycles_and_counts_all(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cycles, "CYCLES_TOLD", 1)

    check_cycles(organization_id=cast.organization.pk, find=Finder((PAIR, RING)))

    [data] = told("LinkCyclesDetected")
    assert (data["total_cycles"], len(data["cycles"])) == (2, 1)


def test_the_nightly_task_looks_at_every_organisation(cast: Cast) -> None:
    first, second = make_sop(cast.editor, title="First"), make_sop(cast.editor, title="Second")
    make_link(cast.editor, first, second)
    make_link(cast.editor, second, first, link_type="documents")

    assert look_for_cycles() == 1
    assert look_for_cycles() == 0

    [data] = told("LinkCyclesDetected")
    assert (data["total_cycles"], data["critical_cycles"]) == (1, 0)
    assert data["cycles"][0]["nodes"] == [f"knowledge-base:{sop.pk}" for sop in (first, second)]
    assert data["cycles"][0]["link_types"] == [["supports"], ["documents"]]
