"""Calculating the strength of a link over REST, and what is kept of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django.utils.http import urlencode

from accounts.tenancy import scope
from knowledge_base.services.sops import delete_sop
from node_links.models import AuditLog, LinkStrengthCalculation, NodeEvent, NodeLink
from node_links.services.links.recomputing import recompute_strength
from tests.factories import Cast, make_sop
from tests.node_links.links.observing import make_link, reread, strength_of, told
from tests.observing import faults, refused

pytestmark = pytest.mark.django_db

METRICS = {"interaction_frequency": 50, "semantic_similarity": 0.5, "context_relevance": 0.25}


@pytest.fixture
def link(cast: Cast) -> NodeLink:
    """Return a link with the base 0.5."""
    first, second = make_sop(cast.editor, title="First"), make_sop(cast.editor, title="Second")
    return make_link(cast.editor, first, second)


def address(link: Any) -> str:
    return f"/api/v1/links/{getattr(link, 'pk', link)}/strength/"


def calculations(cast: Cast) -> int:
    with scope(cast.owner.actor):
        return LinkStrengthCalculation.objects.count()


def test_metrics_become_a_strength_that_is_stored_and_told(cast: Cast, link: NodeLink) -> None:
    answer = cast.editor.client.post(address(link), METRICS)

    assert answer.status_code == 200
    body = answer.json()
    bonuses = ["base_strength", "frequency_bonus", "semantic_bonus", "context_bonus"]
    assert [body[name] for name in bonuses] == [0.5, 0.1, 0.15, 0.05]
    assert body["final_strength"] == 0.8
    assert {name: body[name] for name in METRICS} == METRICS
    assert (body["metrics_source"], body["calculated_by"]) == ("supplied", str(cast.editor.user.pk))
    stored = reread(link)
    assert (stored.base_strength, stored.link_strength) == (Decimal("0.5"), Decimal("0.8"))
    assert stored.revision == link.revision + 1
    assert told("LinkStrengthUpdated") == [
        {
            "link_id": str(link.pk),
            "previous_strength": 0.5,
            "strength": 0.8,
            "metrics": {name: float(value) for name, value in METRICS.items()},
        }
    ]
    with scope(cast.owner.actor):
        event = NodeEvent.objects.get(event_type="LinkStrengthUpdated")
        trail = AuditLog.objects.filter(record_id=str(link.pk), operation="UPDATE")
        assert [row.event_type for row in trail] == ["LinkStrengthUpdated"]
    assert event.entity_id == link.source_entity_id


def test_the_same_metrics_again_give_the_same_and_are_no_event(cast: Cast, link: NodeLink) -> None:
    for _ in range(2):
        assert cast.editor.client.post(address(link), METRICS).json()["final_strength"] == 0.8

    assert len(told("LinkStrengthUpdated")) == 1
    assert reread(link).revision == link.revision + 1
    assert calculations(cast) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {(f"/{name}", "required") for name in METRICS}),
        ({**METRICS, "semantic_similarity": None}, {("/semantic_similarity", "null")}),
        ({**METRICS, "context_relevance": "0.5"}, {("/context_relevance", "invalid")}),
        ({**METRICS, "interaction_frequency": True}, {("/interaction_frequency", "invalid")}),
        ({**METRICS, "decay": 1}, {("/decay", "unknown_field")}),
        ({**METRICS, "gather": True}, {(f"/{name}", "invalid") for name in METRICS}),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    cast: Cast, link: NodeLink, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    answer = cast.editor.client.post(address(link), body)

    assert answer.status_code == 400
    assert faults(answer) == expected
    assert (strength_of(link), calculations(cast)) == (Decimal("0.5"), 0)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_is_no_finite_number_is_refused(cast: Cast, link: NodeLink, number: str) -> None:
    rest = '"semantic_similarity": 0, "context_relevance": 0'
    body = f'{{"interaction_frequency": {number}, {rest}}}'

    answer = cast.editor.client.post(address(link), body, content_type="application/json")

    assert (answer.status_code, strength_of(link)) == (400, Decimal("0.5"))


def test_members_read_and_editors_calculate(cast: Cast, link: NodeLink) -> None:
    refused(cast.viewer.client.post(address(link), METRICS), 403, "permission_denied")
    assert strength_of(link) == Decimal("0.5")
    assert cast.viewer.client.get(address(link)).json()["results"] == []

    for pk in (link.pk, uuid4(), "nonsense"):
        person = cast.stranger if pk == link.pk else cast.editor
        assert person.client.post(address(pk), METRICS).status_code == 404
        assert person.client.get(address(pk)).status_code == 404
    assert (strength_of(link), calculations(cast)) == (Decimal("0.5"), 0)


def test_a_link_of_a_deleted_entity_is_not_there(cast: Cast, link: NodeLink) -> None:
    with scope(cast.owner.actor):
        delete_sop(actor=cast.owner.actor, pk=link.source_entity_id)

    assert cast.editor.client.post(address(link), METRICS).status_code == 404


def test_every_calculation_is_kept_and_read_by_period(cast: Cast, link: NodeLink) -> None:
    client = cast.editor.client
    for frequency in (10, 20, 30):
        client.post(address(link), {**METRICS, "interaction_frequency": frequency})
    times = [row["created_at"] for row in client.get(address(link)).json()["results"]]

    def found(**period: str) -> list[float]:
        answer = client.get(f"{address(link)}?{urlencode(period)}")
        assert answer.status_code == 200, answer.json()
        return [row["interaction_frequency"] for row in answer.json()["results"]]

    assert found() == [30, 20, 10]
    assert found(since=times[1]) == [30, 20]
    assert found(until=times[1]) == [10]
    assert found(since=times[1], until=times[0]) == [20]
    assert found(since=(timezone.now() + timedelta(days=1)).isoformat()) == []
    assert faults(client.get(f"{address(link)}?since=yesterday")) == {("?since", "invalid")}
    assert faults(client.get(f"{address(link)}?from=1")) == {("?from", "unknown_parameter")}
    page = client.get(f"{address(link)}?page_size=2").json()
    rest = client.get(page["next"]).json()
    assert [len(page["results"]), len(rest["results"]), rest["next"]] == [2, 1, None]


def test_another_base_is_combined_with_the_last_metrics(cast: Cast, link: NodeLink) -> None:
    with scope(cast.editor.actor):
        link.base_strength = Decimal("0.25")
        assert recompute_strength(link=link) == Decimal("0.25")
        assert LinkStrengthCalculation.objects.count() == 0
    cast.editor.client.post(address(link), METRICS)
    with scope(cast.editor.actor):
        link.base_strength = Decimal("0.3")

        assert recompute_strength(link=link) == Decimal("0.6")

        assert link.link_strength == Decimal("0.6")
        newest = LinkStrengthCalculation.objects.order_by("-pk")[0]
    assert (newest.base_strength, newest.final_strength) == (Decimal("0.3"), Decimal("0.6"))
    assert newest.source == "supplied"
