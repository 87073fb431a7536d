"""An SOP as a node of the graph."""

import pytest

from accounts.choices import Role
from accounts.tenancy import scope
from knowledge_base.models import Sop
from node_links.models import NodeMetadata
from node_links.search.backlog import drain
from tests.factories import make_person, make_sop

pytestmark = pytest.mark.django_db


def test_the_vector_of_the_node_is_kept_in_the_sops_own_row_too() -> None:
    writer = make_person(Role.EDITOR)
    sop = make_sop(writer)

    assert drain() == 1

    with scope(writer.actor):
        row = Sop.objects.get(pk=sop.pk)
        node = NodeMetadata.objects.at(Sop.feature_type, sop.pk).get()
    assert len(row.vector_embedding) == 256
    assert list(row.vector_embedding) == list(node.vector_embedding)
    assert row.revision == sop.revision
