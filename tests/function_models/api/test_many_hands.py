"""Many clients change one drawing over HTTP at the same moment, and nobody's change is lost."""

import http.client
import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.tenancy import scope
from accounts.tokens import issue_tokens
from function_models.models import FunctionModel
from node_links.models import NodeMetadata
from tests.factories import Person, make_cast, make_model
from tests.function_models.api.observing import address, reread
from tests.function_models.drawings import container, drawing
from tests.observing import event_types

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 6
TURNS = 3
NODES = [f"n{number}" for number in range(CLIENTS)]


@dataclass(frozen=True)
class Answer:
    """What became of one request."""

    status: int
    tag: str | None
    body: Any


def _headers(person: Person, **more: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {issue_tokens(person.user)['access']}",
        "X-Organization": person.organization.slug,
        "Content-Type": "application/json",
        **more,
    }


def _patch(server: LiveServer, headers: dict[str, str], path: str, name: str) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    try:
        connection.request("PATCH", path, json.dumps({"data": {"name": name}}), headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheader("ETag"), json.loads(response.read()))
    finally:
        connection.close()


def _at_once(work: Any) -> list[Answer]:
    """Let a client per node do `work(node)`, all from the same moment on; return all answers."""
    barrier, answers = threading.Barrier(CLIENTS), list[Answer]()

    def run(node: str) -> None:
        barrier.wait()
        answers.extend(work(node))

    threads = [threading.Thread(target=run, args=[node]) for node in NODES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _names(person: Person, model: FunctionModel) -> dict[str, str]:
    return {node["id"]: node["data"]["name"] for node in reread(person, model).nodes_data}


def test_who_changes_different_nodes_at_once_overwrites_nobody(live_server: LiveServer) -> None:
    editor = make_cast().editor
    model = make_model(editor, drawing(*map(container, NODES)))
    headers = _headers(editor)

    def work(node: str) -> list[Answer]:
        path = address(model, f"nodes/{node}/")
        return [_patch(live_server, headers, path, f"{node} turn {turn}") for turn in range(TURNS)]

    answers = _at_once(work)

    changes = CLIENTS * TURNS
    last = {node: f"{node} turn {TURNS - 1}" for node in NODES}
    assert [answer.status for answer in answers] == [200] * changes
    assert {answer.tag for answer in answers} == {f'"{n}"' for n in range(2, changes + 2)}
    assert _names(editor, model) == last
    assert reread(editor, model).revision == changes + 1
    assert event_types(editor, model).count("ContainerNodeUpdated") == changes
    with scope(editor.actor):
        rows = NodeMetadata.objects.of_entity(model.feature_type, model.pk)
        inside = dict(rows.exclude(node_id=None).values_list("node_id", "name"))
        whole = rows.get(node_id=None)
    assert inside == last
    assert whole.search_text == " · ".join(last[node] for node in NODES)


def test_of_many_who_name_the_same_revision_one_wins(live_server: LiveServer) -> None:
    editor = make_cast().editor
    model = make_model(editor, drawing(*map(container, NODES)))
    headers = _headers(editor, **{"If-Match": '"1"'})

    def work(node: str) -> list[Answer]:
        return [_patch(live_server, headers, address(model, f"nodes/{node}/"), f"{node} won")]

    answers = _at_once(work)

    assert sorted(answer.status for answer in answers) == [200, *[412] * (CLIENTS - 1)]
    [winner] = [answer.body["id"] for answer in answers if answer.status == 200]
    assert _names(editor, model) == {
        **dict(zip(NODES, NODES, strict=True)),
        winner: f"{winner} won",
    }
    assert reread(editor, model).revision == 2
    assert event_types(editor, model).count("ContainerNodeUpdated") == 1
