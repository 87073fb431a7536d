"""Reading the trail: whose acts one sees, and how they are narrowed."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import publish_sop, update_sop
from tests.factories import Cast, Person, make_sop
from tests.node_links.audit.conftest import LOGS, trail

ROW = {
    "audit_id", "table_name", "operation", "record_id", "old_data", "new_data", "changed_fields",
    "changed_by", "changed_at", "event_type", "event_data", "execution_id", "model_id",
    "request_id",
}  # fmt: skip


def read(person: Person, query: str = "", url: str = LOGS) -> list[dict[str, Any]]:
    """Return the rows of the first page."""
    answer = person.client.get(f"{url}{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def history(sop: Sop) -> str:
    return f"/api/v1/sops/{sop.pk}/history/"


def authors(rows: list[dict[str, Any]]) -> set[str]:
    return {row["changed_by"] for row in rows}


def write(person: Person, sop: Sop, **values: Any) -> None:
    with scope(person.actor):
        update_sop(actor=person.actor, pk=sop.pk, values=values)


def test_administrators_read_the_organisations_trail(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Start")
    make_sop(cast.stranger, title="Foreign")
    here = {str(row.pk) for row in trail(organization_id=cast.organization.pk)}

    for person in (cast.owner, cast.admin):
        rows = read(person, "?page_size=100")
        assert {row["audit_id"] for row in rows} == here
        newest = rows[0]
        assert newest.keys() == ROW
        assert (newest["record_id"], newest["operation"]) == (str(sop.pk), "INSERT")
        assert newest["new_data"]["title"] == "Start"
        assert (newest["old_data"], newest["model_id"]) == (None, str(sop.pk))
        assert [row["audit_id"] for row in rows] == sorted(here, reverse=True)


def test_others_read_their_own_acts(cast: Cast) -> None:
    mine = make_sop(cast.editor)
    write(cast.admin, mine, category="IT")

    assert authors(read(cast.editor)) == {str(cast.editor.user.pk)}
    assert read(cast.viewer) == []


def test_a_record_shows_everybodys_acts_to_those_who_may_read_its_trail(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    write(cast.admin, sop, category="IT")
    both = {str(cast.editor.user.pk), str(cast.admin.user.pk)}

    assert authors(read(cast.editor, f"?record_id={sop.pk}")) == both
    assert read(cast.viewer, f"?record_id={sop.pk}") == []
    assert read(cast.stranger, f"?record_id={sop.pk}") == []
    write(cast.admin, sop, permissions={"viewers": [str(cast.viewer.user.pk)]})
    assert authors(read(cast.viewer, f"?record_id={sop.pk}")) == both


def test_a_record_that_is_no_entity_shows_ones_own_acts(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    for record in ("nothing", str(cast.organization.pk), str(sop.pk).upper()):
        assert read(cast.editor, f"?record_id={record}") == []


def test_the_trail_is_narrowed(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    answer = cast.admin.client.patch(
        f"/api/v1/sops/{sop.pk}/", {"category": "IT"}, headers={"X-Request-ID": "req-21"}
    )
    assert answer.status_code == 200
    change = trail(record_id=str(sop.pk))[-1]
    moment = change.changed_at.isoformat().replace("+00:00", "Z")

    def found(query: str) -> list[str]:
        return [row["operation"] for row in read(cast.owner, f"?page_size=100&{query}")]

    assert found("table_name=knowledge_base_sops") == ["UPDATE", "INSERT"]
    assert found(f"operation=INSERT&record_id={sop.pk}") == ["INSERT"]
    assert found(f"changed_by={cast.admin.user.pk}") == ["UPDATE"]
    assert found("request_id=req-21") == ["UPDATE"]
    assert found("execution_id=01a1fe86-cfce-76ef-85c9-c8bf9ca94f55") == []
    assert found(f"record_id={sop.pk}&from={moment}") == ["UPDATE"]
    assert found(f"record_id={sop.pk}&to={moment}") == ["INSERT"]
    always = "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z"
    assert found(f"record_id={sop.pk}&{always}") == ["UPDATE", "INSERT"]


@pytest.mark.parametrize(
    ("query", "name"),
    [("operation=DROP", "operation"), ("from=soon", "from"), ("changed_by=me", "changed_by"),
     ("until=now", "until"), ("cursor=x", "cursor")],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(cast: Cast, query: str, name: str) -> None:
    answer = cast.owner.client.get(f"{LOGS}?{query}")

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"?{name}"]


def test_the_pages_show_every_row_once(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    for number in range(8):
        write(cast.editor, sop, category=str(number))
    expected = [str(row.pk) for row in reversed(trail(record_id=str(sop.pk)))]

    seen, url = [], f"{LOGS}?record_id={sop.pk}&page_size=4"
    while url:
        page = cast.owner.client.get(url).json()
        seen += [row["audit_id"] for row in page["results"]]
        url = page["next"]

    assert seen == expected
    assert len(seen) == 9


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_here(cast: Cast, method: str) -> None:
    assert getattr(cast.owner.client, method)(LOGS).status_code == 405


def test_the_history_of_an_entity_has_its_versions(cast: Cast) -> None:
    sop, other = make_sop(cast.editor, title="Start"), make_sop(cast.editor, title="Other")
    with scope(cast.admin.actor):
        publish_sop(actor=cast.admin.actor, pk=sop.pk)

    rows = read(cast.owner, url=history(sop))

    assert [(row["table_name"], row["operation"]) for row in rows] == [
        ("knowledge_base_sops", "UPDATE"),
        ("sop_versions", "INSERT"),
        ("knowledge_base_sops", "INSERT"),
    ]
    assert rows[0]["event_data"]["action"] == "publish"
    assert len(read(cast.owner, url=history(other))) == 1


def test_the_history_is_for_those_who_may_read_it(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    for person in (cast.owner, cast.admin, cast.editor):
        assert len(read(person, url=history(sop))) == 1
    refused = cast.viewer.client.get(history(sop))
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert cast.stranger.client.get(history(sop)).status_code == 404
    write(cast.admin, sop, permissions={"viewers": [str(cast.viewer.user.pk)]})
    operations = [row["operation"] for row in read(cast.viewer, url=history(sop))]
    assert operations == ["UPDATE", "ACCESS", "INSERT"], "The refusal is on record too."
    write(cast.admin, sop, permissions={"owner": str(cast.viewer.user.pk)})
    assert len(read(cast.viewer, url=history(sop))) == 4


def test_the_history_of_what_is_deleted_is_for_administrators(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    assert cast.editor.client.delete(f"/api/v1/sops/{sop.pk}/").status_code == 204

    assert cast.owner.client.get(history(sop)).status_code == 404
    shown = cast.owner.client.get(f"{history(sop)}?deleted=true").json()["results"]
    assert shown[0]["event_data"]["action"] == "soft_delete"
    assert cast.editor.client.get(f"{history(sop)}?deleted=true").status_code == 403
    assert authors(read(cast.editor, f"?record_id={sop.pk}")) == {str(cast.editor.user.pk)}


@pytest.mark.parametrize("count", [1, 12])
def test_reading_costs_the_same_whatever_there_is(cast: Cast, count: int) -> None:
    sop = make_sop(cast.editor)
    for number in range(count):
        write(cast.editor, sop, category=str(number))

    found = {}
    for name, url in {
        "list": LOGS,
        "record": f"{LOGS}?record_id={sop.pk}",
        "history": history(sop),
    }.items():
        client = cast.editor.client
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        found[name] = len(captured)

    # Three are the request's own; whose record it is takes two.
    assert found == {"list": 4, "record": 6, "history": 5}
