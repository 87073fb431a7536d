"""A model of thirty nodes, drawn by hand from a real procedure: published, changed, compared."""

import io

import pytest
from django.core.management import call_command

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from function_models.canvas.document import parse_canvas
from function_models.comparison import compare_contents
from function_models.dependencies.graph import DependencyGraph
from function_models.exchange.mermaid import flowchart
from function_models.management.commands.load_demo_models import demo_models
from function_models.models import FunctionModel
from function_models.services.parts import add_edge, add_node, remove_node, update_node
from function_models.services.publishing import open_model_version, publish_model
from knowledge_base.models import Sop
from knowledge_base.services.sops import delete_sop
from node_links.choices import Bump
from node_links.models import NodeLink
from tests.factories import OrganizationFactory, Person, make_person
from tests.function_models.exchange.test_mermaid import parse

pytestmark = pytest.mark.django_db


def load(name: str) -> list[str]:
    """Run a command and return the lines that it prints."""
    output = io.StringIO()
    call_command(name, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def owner(db: None) -> Person:
    """Return the owner of the demonstration's organisation, with its handbook."""
    with system_scope():
        acme = OrganizationFactory.create(name="Acme", slug="acme")
    person = make_person(Role.OWNER, acme)
    load("load_demo")
    return person


def test_the_drawing_has_thirty_nodes_in_a_sound_order() -> None:
    (record,) = demo_models()
    canvas = parse_canvas(record.document)

    assert (len(canvas.nodes), len(canvas.containers), len(canvas.actions)) == (30, 11, 19)
    assert len(canvas.edges) == 12
    order = [container.id for container in DependencyGraph(canvas).order]
    assert order[0] == "report"
    assert order[-1] == "closed"
    assert order.index("security") < order.index("stabilise") < order.index("verify")
    names, around, _ = parse(flowchart(canvas, title=record.name))
    assert len(names) == 30
    assert sum(parent is not None for parent in around.values()) == 19


def test_it_is_loaded_published_and_linked_with_the_handbook_and_only_once(owner: Person) -> None:
    first, second = load("load_demo_models"), load("load_demo_models")

    assert first == ["1 created, 0 unchanged", "1 published, 0 dangling ends"]
    assert second == ["0 created, 1 unchanged"]
    with scope(owner.actor):
        model = FunctionModel.objects.get()
        links = NodeLink.objects.leaving("function-model", model.pk)
        targets = set(links.values_list("target_entity_id", flat=True))
        assert (model.status, model.published_version) == ("published", "1.0.0")
        assert len(targets) == 12
        assert targets == set(Sop.objects.filter(pk__in=targets).values_list("pk", flat=True))
        incident = Sop.objects.get(source_path="handbook/operations/incident-response.md")
        assert links.filter(target_entity_id=incident.pk).count() == 5


def test_without_its_pages_it_stays_a_draft(owner: Person) -> None:
    with scope(owner.actor):
        page = Sop.objects.get(source_path="handbook/security/lost-device.md")
        delete_sop(actor=owner.actor, pk=page.pk)

    lines = load("load_demo_models")

    assert lines == ["1 created, 0 unchanged", "0 published, 1 dangling ends"]
    with scope(owner.actor):
        assert FunctionModel.objects.get().status == "draft"


def test_without_the_organisation_nothing_is_loaded(db: None) -> None:
    assert load("load_demo_models") == ["There is no organisation acme; nothing was loaded."]


def test_a_changed_version_is_compared_with_the_first(owner: Person) -> None:
    load("load_demo_models")
    actor = owner.actor
    with scope(actor):
        pk = FunctionModel.objects.get().pk
        open_model_version(actor=actor, pk=pk, bump=Bump.MINOR)
        update_node(
            actor=actor, pk=pk, node_id="watch", changes={"data": {"estimated_duration": 3600}}
        )
        update_node(actor=actor, pk=pk, node_id="learn", changes={"position": {"x": 1900, "y": 0}})
        remove_node(actor=actor, pk=pk, node_id="devices")
        add_node(
            actor=actor,
            pk=pk,
            node={
                "id": "refund",
                "type": "stageNode",
                "position": {"x": 1560, "y": 400},
                "data": {"name": "Make good", "completion_criteria": ["Refunds are decided"]},
            },
        )
        for source, target in (("close", "refund"), ("refund", "closed")):
            edge = {"id": f"{source}-{target}", "source": source, "target": target}
            add_edge(actor=actor, pk=pk, edge=edge)
        publish_model(actor=actor, pk=pk, notes="An hour of watching")
        model = FunctionModel.objects.get()
        new, old = (version.content for version in model.versions.all())
        found = compare_contents(old, new).as_dict()

    assert (model.published_version, model.version_count) == ("1.1.0", 2)
    assert found["actions"]["modified"] == [
        {"id": "watch", "changes": {"estimated_duration": {"old": 1800, "new": 3600}}}
    ]
    assert found["actions"]["removed"] == ["devices"]
    assert found["containers"]["added"] == ["refund"]
    assert found["containers"]["modified"] == [
        {
            "id": "closed",
            "changes": {
                "dependencies": {"old": ["learn"], "new": ["learn", "refund"]},
            },
        }
    ]
    assert found["moved"] == ["learn"]
    assert found["edges"] == {"added": ["close-refund", "refund-closed"], "removed": []}
    assert found["summary"] == {"added": 1, "removed": 1, "modified": 2, "moved": 1}
    assert found["breaking"] is True
