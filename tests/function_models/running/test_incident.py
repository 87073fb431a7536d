"""A model of more than thirty nodes runs from its first node to its last.

It reads a handbook, sends a request to a server, asks a person, and runs another model.
"""

import io
import multiprocessing.forkserver
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from function_models.models import FunctionModel
from function_models.services.parts import add_node
from function_models.services.publishing import open_model_version, publish_model
from node_links.choices import Bump
from node_links.models import NodeLink
from spindles.engine.processes import stop_processes
from spindles.models import ExecutionStep
from tests.factories import OrganizationFactory, Person, make_person
from tests.function_models.drawings import container, drawing
from tests.function_models.running.published import (
    below,
    drive,
    execute,
    make_live_spindle,
    nests,
    publish,
    runs,
)
from tests.http_server import Answer, HttpServer, http_server
from tests.spindles.runs import Started

pytestmark = pytest.mark.django_db(transaction=True)
JSON = {"Content-Type": "application/json"}
REPORT = {"summary": "The shop answers slowly.", "customer_facing": True}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """Return a server that the processes of steps may reach; they work with the test database."""
    name = connections["default"].settings_dict["NAME"]
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        url = str(getattr(settings, variable)).rpartition("/")[0]
        monkeypatch.setenv(variable, f"{url}/{name}")
    monkeypatch.setenv("NODELOOM_OUTBOUND_ALLOW", "127.0.0.1")
    _forget_processes()
    with http_server() as running:
        yield running
    _forget_processes()


def _forget_processes() -> None:
    """Stop the processes of steps and the server they are forked from: it has read the settings."""
    stop_processes()
    multiprocessing.forkserver._forkserver._stop()  # type: ignore[attr-defined]  # made for tests


@pytest.fixture
def owner(transactional_db: None) -> Person:
    """Return the owner of the demonstration's organisation, with its handbook and its model."""
    with system_scope():
        acme = OrganizationFactory.create(name="Acme", slug="acme")
    person = make_person(Role.OWNER, acme)
    for command in ("load_demo", "load_demo_models"):
        call_command(command, stdout=io.StringIO())
    return person


@pytest.fixture
def model(owner: Person, server: HttpServer) -> FunctionModel:
    """Return the model with four more actions: a request, a question, another model twice."""
    page = make_live_spindle(
        owner,
        [
            {
                "id": "send",
                "kind": "http_request",
                "params": {
                    "method": "POST",
                    "url": f"{server.url}/pages",
                    "json": {"text": "${{ inputs.text }}"},
                },
                "retry": {"max_attempts": 2, "strategy": "immediate"},
            }
        ],
        name="Page the crew",
    )
    agree = make_live_spindle(
        owner,
        [{"id": "ask", "kind": "human_task", "params": {"title": "Is it over?"}}],
        name="Ask who leads",
    )
    share = publish(
        owner,
        drawing(container("lesson", "ioNode", boundary_type="input-output")),
        name="Share a lesson",
    )
    added = (
        runs(
            "page",
            page,
            "inform",
            execution_order=3,
            execution_parameters={"text": "${{ inputs.summary }}"},
            output_mapping={"ticket": "send.body.id"},
        ),
        runs("agree", agree, "verify", execution_order=2, timeout=0),
        nests(
            "share",
            share,
            "learn",
            execution_order=2,
            context_mapping={"review": "steps.review.output.title"},
            output_extraction={"extracted_outputs": ["lesson"]},
        ),
    )
    actor = owner.actor
    with scope(actor):
        pk = FunctionModel.objects.get(name="Respond to an incident").pk
        open_model_version(actor=actor, pk=pk, bump=Bump.MINOR)
        for node in added:
            add_node(actor=actor, pk=pk, node=node)
        return publish_model(actor=actor, pk=pk).model


def test_an_incident_from_the_report_to_what_was_learnt(
    owner: Person, model: FunctionModel, server: HttpServer
) -> None:
    server.script = [Answer(503)]
    server.otherwise = lambda request: Answer(body={"id": "T-7"}, headers=JSON)

    run = execute(owner, model, REPORT)

    # All is done up to where a person is asked.
    assert run.row.status == "running"
    assert [request.json for request in server.requests] == [{"text": REPORT["summary"]}] * 2
    keys = {request.headers["idempotency-key"] for request in server.requests}
    assert len(keys) == 2
    assert run.steps["page"].output == {"ticket": "T-7"}
    assert {name for name, told in run.statuses.items() if told == "waiting"} == {"agree"}
    assert run.statuses["close"] == "pending"

    _approve(owner, run)

    told = owner.client.get(f"/api/v1/executions/{run.pk}/").json()
    assert (told["status"], told["error"]) == ("completed", None)
    assert told["summary"]["total_nodes"] == 33
    assert told["failed_nodes"] == []
    assert told["completed_nodes"][-1] == "closed"
    by_id = {one["node_id"]: one for one in told["node_results"]}
    assert by_id["share"]["output"]["lesson"]["review"] == by_id["review"]["output"]["title"]
    assert {child["source"]["name"] for child in told["children"]} == {
        "Page the crew", "Ask who leads", "Share a lesson",
    }  # fmt: skip
    _linked_with_what_it_read(owner, model, run)


def _approve(owner: Person, run: Started) -> None:
    (asking,) = [child for child in below(run) if child.row.status == "running"]
    where = f"/api/v1/executions/{asking.pk}/steps/ask/complete/"
    answer = owner.client.post(where, {"decision": "approve", "comment": "Calm since noon."})
    assert answer.status_code == 200, answer.content
    drive(run)


def _linked_with_what_it_read(owner: Person, model: FunctionModel, run: Started) -> None:
    with scope(owner.actor):
        read = ExecutionStep.objects.filter(execution_id=run.pk, kind="kb_read", status="completed")
        links = NodeLink.objects.filter(origin="runtime", link_type="consumes")
        links = links.filter(source_entity_id=model.pk)
        linked = {(link.source_node_id, str(link.target_entity_id)) for link in links}
        assert linked == {(step.step_id, step.used[0]["entity_id"]) for step in read}
        assert len(linked) >= 15
