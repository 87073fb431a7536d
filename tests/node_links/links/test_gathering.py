"""What strengths are computed from where nobody sends metrics."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import update_sop
from node_links.audit.accessing import record_access
from node_links.links.measuring import measure_links
from node_links.links.strength import Metrics
from node_links.models import LinkStrengthCalculation, NodeEvent, NodeLink, NodeMetadata
from node_links.services.links import gathering
from node_links.tasks.strength import gather_strengths
from tests.factories import Cast, Person, make_sop
from tests.node_links.links.observing import make_link, reread, strength_of, told

pytestmark = pytest.mark.django_db


def plain_sop(person: Person, title: str, **values: Any) -> Sop:
    """Return an SOP whose keywords are exactly those given."""
    sop = make_sop(person, title=title)
    words = values.pop("keywords", [])
    with scope(person.actor):
        NodeMetadata.objects.filter(entity_id=sop.pk).update(search_keywords=words, **values)
    return sop


def measured(person: Person, link: NodeLink, days: int = 90) -> Metrics:
    """Return the metrics of a link."""
    since = timezone.now() - timedelta(days=days)
    with scope(person.actor):
        found = measure_links(
            organization_id=person.organization.pk, link_ids=[link.pk], since=since
        )
    return found[link.pk]


def test_events_looks_and_readings_of_both_ends_are_interactions(cast: Cast) -> None:
    person = cast.editor
    first, second = plain_sop(person, "First"), plain_sop(person, "Second")
    link = make_link(person, first, second)
    assert measured(person, link).interaction_frequency == 2  # both were created

    with scope(person.actor):
        update_sop(actor=person.actor, pk=first.pk, values={"summary": "Other."})
        record_access(
            actor=person.actor, table_name="knowledge_base_sops", record_id=second.pk,
            event_type="SopOpened", entity_id=second.pk,
        )  # fmt: skip
    cast.viewer.client.get(f"/api/v1/sops/{first.pk}/")

    assert measured(person, link).interaction_frequency == 5
    # What the graph records of links itself does not count.
    body = {"interaction_frequency": 1, "semantic_similarity": 1, "context_relevance": 1}
    person.client.post(f"/api/v1/links/{link.pk}/strength/", body)
    assert measured(person, link).interaction_frequency == 5
    # Nor does what was before the period.
    assert measured(person, link, days=-1).interaction_frequency == 0


def test_nodes_of_one_entity_share_its_interactions_once(cast: Cast) -> None:
    sop = plain_sop(cast.editor, "Whole")
    with scope(cast.editor.actor):
        whole = NodeMetadata.objects.get(entity_id=sop.pk)
        part = NodeMetadata.objects.create(
            organization=cast.organization, feature_type="knowledge-base", entity_id=sop.pk,
            node_id="part", node_type="part",
        )  # fmt: skip
        link = NodeLink.objects.create(
            organization=cast.organization, source=whole, target=part, link_type="nested",
            source_feature="knowledge-base", source_entity_id=sop.pk,
            target_feature="knowledge-base", target_entity_id=sop.pk, target_node_id="part",
        )  # fmt: skip

    assert measured(cast.editor, link) == Metrics.of(1, 0, 0)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 0, 0], [1, 0, 0], 1),
        ([1, 0, 0], [1, 1, 0], 0.7071),
        ([1, 0, 0], [0, 1, 0], 0),
        ([1, 0, 0], [-1, 0, 0], 0),
        ([1, 0, 0], [0, 0, 0], 0),
    ],
)
def test_similarity_is_the_cosine_of_the_vectors(
    cast: Cast, first: list[float], second: list[float], expected: float
) -> None:
    ends = [
        plain_sop(cast.editor, name, vector_embedding=vector, embedding_model="test", dimensions=3)
        for name, vector in (("A", first), ("B", second))
    ]

    found = measured(cast.editor, make_link(cast.editor, *ends)).semantic_similarity

    assert float(found) == expected


def test_vectors_of_different_embedders_are_not_compared(cast: Cast) -> None:
    one = plain_sop(cast.editor, "A", vector_embedding=[1, 0], embedding_model="test", dimensions=2)
    longer = plain_sop(
        cast.editor, "B", vector_embedding=[1, 0, 0], embedding_model="test", dimensions=3
    )
    other = plain_sop(
        cast.editor, "C", vector_embedding=[1, 0], embedding_model="other", dimensions=2
    )
    without = plain_sop(cast.editor, "D")

    for end in (longer, other, without):
        link = make_link(cast.editor, one, end)
        assert measured(cast.editor, link).semantic_similarity == 0


def test_context_is_the_mean_of_shared_words_and_shared_neighbours(cast: Cast) -> None:
    person = cast.editor
    a = plain_sop(person, "A", keywords=["pump", "Valve", "oil"])
    b = plain_sop(person, "B", keywords=["valve", "PUMP", "pump", "water", "seal"])
    link = make_link(person, a, b)
    # Two of five different words: 0.4, and no other neighbour at all.
    assert measured(person, link).context_relevance == Decimal("0.2")

    shared, only_a, only_b, gone = (plain_sop(person, name) for name in "SXYG")
    make_link(person, a, shared)
    make_link(person, shared, b)
    make_link(person, b, shared)
    make_link(person, a, only_a)
    make_link(person, only_b, b)
    make_link(person, a, gone)
    make_link(person, b, gone)
    with system_scope():
        NodeMetadata.objects.filter(entity_id=gone.pk).update(deleted_at=timezone.now())
    # One of three neighbours: (2/5 + 1/3) / 2.
    assert measured(person, link).context_relevance == Decimal("0.3667")


def test_gathering_is_asked_for_and_answered_at_once(cast: Cast) -> None:
    a, b = (
        plain_sop(cast.editor, name, keywords=["pump"], vector_embedding=[1, 1],
                  embedding_model="test", dimensions=2)
        for name in "AB"
    )  # fmt: skip
    link = make_link(cast.editor, a, b)

    body = cast.editor.client.post(f"/api/v1/links/{link.pk}/strength/", {"gather": True}).json()

    assert (body["metrics_source"], body["interaction_frequency"]) == ("gathered", 2)
    assert (body["semantic_similarity"], body["context_relevance"]) == (1, 0.5)
    # 0.5 + 2 * 0.002 + 0.3 + 0.5 * 0.2
    assert body["final_strength"] == 0.904
    assert strength_of(link) == Decimal("0.904")


def test_all_links_are_gathered_in_steps_and_only_what_changed_is_written(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LINKS_PER_TRANSACTION", 2)
    sops = [plain_sop(cast.editor, f"S{number}") for number in range(4)]
    links = [make_link(cast.editor, sops[0], sop) for sop in sops[1:]]
    theirs = make_link(cast.stranger, plain_sop(cast.stranger, "P"), plain_sop(cast.stranger, "Q"))
    assert gathering.count_links(cast.organization.pk) == 3

    assert gather_strengths(str(cast.organization.pk)) == 3

    assert {strength_of(link) for link in links} == {Decimal("0.504")}
    assert strength_of(theirs) == Decimal("0.5")
    assert len(told("LinkStrengthUpdated")) == 3
    before = [reread(link).updated_at for link in links]
    assert [step.seen for step in gathering.gather_strengths(cast.organization.pk)] == [2, 1]
    with system_scope():
        assert LinkStrengthCalculation.objects.count() == 3
        assert NodeEvent.objects.filter(event_type="LinkStrengthUpdated").count() == 3
    assert [reread(link).updated_at for link in links] == before

    with scope(cast.editor.actor):
        update_sop(actor=cast.editor.actor, pk=sops[3].pk, values={"summary": "Other."})
    assert gather_strengths() == 2  # that one, and the stranger's
    assert [strength_of(link) for link in links] == [
        Decimal("0.504"), Decimal("0.504"), Decimal("0.506")
    ]  # fmt: skip
    assert strength_of(theirs) == Decimal("0.504")


def test_metrics_that_somebody_sent_stand_until_gathering_is_asked_for(cast: Cast) -> None:
    link = make_link(cast.editor, plain_sop(cast.editor, "A"), plain_sop(cast.editor, "B"))
    address = f"/api/v1/links/{link.pk}/strength/"
    body = {"interaction_frequency": 50, "semantic_similarity": 0, "context_relevance": 0}
    cast.editor.client.post(address, body)

    assert gather_strengths() == 0
    assert strength_of(link) == Decimal("0.6")

    cast.editor.client.post(address, {"gather": True})
    assert strength_of(link) == Decimal("0.504")


def test_the_number_of_statements_does_not_grow_with_the_links(cast: Cast) -> None:
    hub = plain_sop(cast.editor, "Hub")

    def spent(links: int) -> int:
        for number in range(links):
            make_link(cast.editor, hub, plain_sop(cast.editor, f"S{number}"))
        list(gathering.gather_strengths(cast.organization.pk))
        with CaptureQueriesContext(connection) as queries:
            list(gathering.gather_strengths(cast.organization.pk))
        return len(queries)

    assert spent(2) == spent(6)
