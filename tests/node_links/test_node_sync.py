"""Node rows follow their entity; what agrees already is left alone."""

import pytest

from accounts.tenancy import scope
from config.exceptions import ValidationFailed
from knowledge_base.models import Sop
from knowledge_base.services.sops import update_sop
from node_links.models import DirtyNode, NodeMetadata
from node_links.registry import Feature, FeatureRegistry
from node_links.search.backlog import drain
from node_links.services.nodes.syncing import sync_nodes
from tests.factories import Cast, make_sop

pytestmark = pytest.mark.django_db


def test_an_entity_is_one_row_of_the_node_table(cast: Cast) -> None:
    position = {"x": 1.005, "y": -2}
    sop = make_sop(cast.editor, tags=["t"], category="C", node_position=position)

    with scope(cast.editor.actor):
        node = NodeMetadata.objects.get(entity_id=sop.pk)

    assert (node.feature_type, node.node_id, node.node_type) == ("knowledge-base", None, "sop")
    assert (node.name, node.organization_id) == (sop.title, cast.organization.pk)
    assert node.search_keywords == [*sop.search_keywords, "t"]
    assert node.metadata == {"category": "C", "content_type": "procedure"}
    assert (float(node.position_x), float(node.position_y)) == (1.0, -2.0)


def test_a_sync_without_a_change_writes_nothing(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    assert drain() == 1

    with scope(cast.editor.actor):
        before = list(NodeMetadata.objects.values_list("pk", "updated_at"))
        assert sync_nodes(entity=sop) == []
        assert list(NodeMetadata.objects.values_list("pk", "updated_at")) == before
        assert DirtyNode.objects.count() == 0


def test_only_a_change_of_what_is_searched_asks_for_a_new_vector(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    drain()

    with scope(cast.editor.actor):
        node = NodeMetadata.objects.get()
        update_sop(actor=cast.editor.actor, pk=sop.pk, values={"node_position": {"x": 5, "y": 5}})
        assert DirtyNode.objects.count() == 0
        moved = NodeMetadata.objects.get()
        assert (moved.pk, float(moved.position_x)) == (node.pk, 5.0)
        assert moved.embedding_model == node.embedding_model != ""

        update_sop(actor=cast.editor.actor, pk=sop.pk, values={"content": "Another text."})
        assert DirtyNode.objects.count() == 1
        assert NodeMetadata.objects.get().pk == node.pk


def test_a_feature_joins_once_and_unknown_ones_are_refused() -> None:
    registry = FeatureRegistry()
    feature = Feature("knowledge-base", Sop, lambda sop: [])
    registry.add(feature)

    assert registry.all() == [feature]
    with pytest.raises(ValueError, match="joined already"):
        registry.add(feature)
    with pytest.raises(ValidationFailed) as refused:
        registry.get("garden")
    assert refused.value.errors[0].code == "invalid_choice"
