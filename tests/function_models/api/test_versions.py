"""Publishing, the next draft, versions as they are kept, compared and brought back; validation."""

import threading
from typing import Any

import pytest
from django.db import connection

from accounts.tenancy import scope
from function_models.models import FunctionModel, FunctionModelVersion
from function_models.services.planning import plan_of
from spindles.models import StoredPlan
from spindles.services.plans import load_plan
from tests.factories import Cast, make_cast, make_model, make_sop
from tests.function_models.api.observing import address, everything, publishable, reread
from tests.function_models.drawings import container, drawing, knowledge, nested, tether
from tests.observing import UNKNOWN, answered, event_types, events, faults, refused

pytestmark = pytest.mark.django_db


def publish(cast: Cast, model: FunctionModel, **body: Any) -> Any:
    return answered(cast.editor.client.post(address(model, "publish/"), body))


def test_publishing_keeps_the_plan_that_the_version_compiles_to(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())

    publish(cast, model)

    with scope(cast.editor.actor):
        (stored,) = StoredPlan.objects.all()
        version = FunctionModelVersion.objects.get(entity_id=model.pk)
        assert load_plan(stored) == plan_of(version)
        assert stored.checksum == plan_of(version).checksum


def bump(cast: Cast, model: FunctionModel, step: str) -> Any:
    return answered(cast.editor.client.post(address(model, "versions/"), {"bump": step}), 201)


def test_publishing_freezes_a_snapshot_and_makes_the_design_active(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    answered(cast.editor.client.post(f"/api/v1/sops/{sop.pk}/publish/"))
    model = make_model(
        cast.editor,
        publishable(knowledge("k", "work", kb_reference_id=str(sop.pk), search_keywords=["mail"])),
    )
    inactive = {"data": {"status": "active"}}
    answered(cast.editor.client.patch(address(model, "nodes/out/"), inactive))
    inactive = {"data": {"status": "inactive"}}
    answered(cast.editor.client.patch(address(model, "nodes/out/"), inactive))

    response = cast.editor.client.post(address(model, "publish/"), {"notes": "First"})
    published = answered(response)

    assert response["ETag"] == '"4"'
    states = ("status", "version", "published_version", "version_count")
    assert [published[name] for name in states] == ["published", "1.0.0", "1.0.0", 1]
    assert {node["id"]: node["data"]["status"] for node in published["nodes_data"]} == {
        "in": "active",
        "work": "active",
        "k": "active",
        "out": "inactive",
    }
    assert {(w["code"], w.get("node_id"), w["blocks_publish"]) for w in published["warnings"]} == {
        ("empty_goals", "work", False),
        ("missing_contract", "in", False),
        ("missing_contract", "out", False),
        ("missing_description", "in", False),
        ("missing_description", "out", False),
        ("no_view_permission", "k", False),
    }
    *_, (name, data), (second, created) = events(cast.editor, model)
    assert (name, second) == ("FunctionModelPublished", "FunctionModelVersionCreated")
    assert data == {
        "name": model.name,
        "version": "1.0.0",
        "notes": "First",
        "warnings": published["warnings"],
    }
    [version] = answered(cast.viewer.client.get(address(model, "versions/")))["results"]
    assert created == {
        "version_id": version["version_id"],
        "version": "1.0.0",
        "bump": "initial",
    }
    assert version | {"version_id": "", "content_hash": "", "created_at": ""} == {
        "version_id": "",
        "version": "1.0.0",
        "is_live": True,
        "previous_version": None,
        "bump": "initial",
        "notes": "First",
        "author": str(cast.editor.user.pk),
        "content_hash": "",
        "created_at": "",
    }


def test_what_blocks_publication_is_named_and_nothing_is_changed(cast: Cast) -> None:
    model = make_model(
        cast.editor,
        drawing(
            container("s"),
            tether("t", "s", tether_reference_id=UNKNOWN, execution_order=1),
            knowledge("k", "s", kb_reference_id="nobody", execution_order=1),
        ),
    )
    before = everything()

    response = cast.editor.client.post(address(model, "publish/"))

    body = refused(response, 409, "not_publishable")
    assert faults(response) == {
        ("", "no_input"),
        ("", "no_output"),
        ("/nodes/1/data/execution_order", "duplicate_execution_order"),
        ("/nodes/2/data/execution_order", "duplicate_execution_order"),
        ("/nodes/1/data/tether_reference_id", "dangling_reference"),
        ("/nodes/2/data/kb_reference_id", "dangling_reference"),
    }
    assert {finding["blocks_publish"] for finding in body["findings"]} == {True}
    assert everything() == before


@pytest.mark.parametrize("number", ["1.0", "v1.0.0", "1.0.0-rc.1", ""])
def test_what_is_no_number_is_refused(cast: Cast, number: str) -> None:
    model = make_model(cast.editor, publishable())
    before = everything()

    response = cast.editor.client.post(address(model, "publish/"), {"version": number})

    assert (response.status_code, faults(response)) == (400, {("/version", "invalid_version")})
    assert everything() == before


def test_a_stated_number_is_one_of_the_next_three(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    publish(cast, model, version="01.2.3")
    assert bump(cast, model, "patch")["version"] == "1.2.4"
    before = everything()

    for number in ("1.2.3", "3.0.0", "1.4.0", "1.2.5", "2.1.0", "1.3.1", "1.0.0"):
        response = cast.editor.client.post(address(model, "publish/"), {"version": number})
        body = refused(response, 409, "version_conflict")
        assert body["allowed"] == ["2.0.0", "1.3.0", "1.2.4"]
    assert everything() == before

    assert publish(cast, model, version="2.0.0")["published_version"] == "2.0.0"


def test_the_live_version_stays_while_the_next_draft_is_open(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    client = cast.editor.client
    publish(cast, model)

    response = client.post(address(model, "versions/"), {"bump": "minor", "notes": "More"})
    opened = answered(response, 201)
    again = client.post(address(model, "versions/"), {"bump": "minor"})

    states = ("status", "version", "published_version", "version_count")
    assert [opened[name] for name in states] == ["draft", "1.1.0", "1.0.0", 2]
    refused(again, 409, "invalid_transition")
    assert events(cast.editor, model)[-1] == (
        "FunctionModelDraftOpened",
        {"previous_version": "1.0.0", "version": "1.1.0", "bump": "minor", "notes": "More"},
    )
    publish(cast, model)
    listed = answered(client.get(address(model, "versions/")))["results"]
    assert [(v["version"], v["is_live"], v["previous_version"]) for v in listed] == [
        ("1.1.0", True, "1.0.0"),
        ("1.0.0", False, None),
    ]


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("post", "publish/", {"version": 5}),
        ("post", "versions/", {"bump": "huge"}),
        ("post", "versions/1.0.0/rollback/", {}),
    ],
)
def test_an_archived_model_has_no_further_versions(
    cast: Cast, method: str, rest: str, body: Any
) -> None:
    model = make_model(cast.editor, publishable())
    publish(cast, model)
    answered(cast.editor.client.post(address(model, "archive/")))
    before = everything()

    response = getattr(cast.editor.client, method)(address(model, rest), body)

    assert refused(response, 409, "invalid_transition")["current"] == "archived"
    assert everything() == before


def test_a_version_keeps_what_was_published(cast: Cast) -> None:
    model = make_model(cast.editor, publishable(), description="Old")
    publish(cast, model)
    bump(cast, model, "major")
    client = cast.editor.client
    answered(client.patch(address(model), {"description": "New"}))

    kept = answered(client.get(address(model, "versions/1.0.0/")))

    assert kept["content"]["description"] == "Old"
    assert len(kept["content"]["nodes_data"]) == 3
    assert answered(client.get(address(model, "versions/published/"))) == kept
    refused(client.get(address(model, "versions/9.0.0/")), 404, "not_found")
    refused(client.delete(address(model, "versions/1.0.0/")), 405, "method_not_allowed")


def test_a_version_comes_back_into_the_open_draft(cast: Cast) -> None:
    model = make_model(cast.editor, publishable(), description="Old")
    publish(cast, model)
    client = cast.editor.client
    refused(client.post(address(model, "versions/1.0.0/rollback/")), 409, "invalid_transition")
    bump(cast, model, "minor")
    answered(client.patch(address(model), {"description": "New"}))
    answered(client.put(address(model, "canvas/"), drawing(container("x"))))

    back = answered(client.post(address(model, "versions/1.0.0/rollback/")))
    same = answered(client.post(address(model, "versions/1.0.0/rollback/")))

    assert (back["description"], back["version"]) == ("Old", "1.1.0")
    assert [node["id"] for node in back["nodes_data"]] == ["in", "work", "out"]
    assert same["revision"] == back["revision"]
    assert events(cast.editor, model)[-1] == (
        "FunctionModelRolledBack",
        {"restored_version": "1.0.0", "version": "1.1.0"},
    )


def test_versions_are_compared_by_meaning(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    publish(cast, model)
    bump(cast, model, "minor")
    client = cast.editor.client
    answered(client.patch(address(model, "nodes/work/"), {"data": {"priority": 9}}))
    answered(client.patch(address(model, "nodes/in/"), {"position": {"x": 1, "y": 1}}))
    answered(client.post(address(model, "nodes/"), tether("t", "work")), 201)

    url = address(model, "versions/compare/")
    found = answered(cast.viewer.client.get(f"{url}?from=1.0.0&to=draft"))

    assert found == {
        "from": "1.0.0",
        "to": "draft",
        "containers": {
            "added": [],
            "removed": [],
            "modified": [{"id": "work", "changes": {"priority": {"old": 5, "new": 9}}}],
        },
        "actions": {"added": ["t"], "removed": [], "modified": []},
        "edges": {"added": [], "removed": []},
        "fields": {},
        "metadata": {"added_or_modified": {}, "removed": []},
        "moved": ["in"],
        "breaking": False,
        "summary": {"added": 1, "removed": 0, "modified": 1, "moved": 1},
    }
    assert faults(client.get(url)) == {("?from", "required"), ("?to", "required")}
    refused(client.get(f"{url}?from=1.0.0&to=7.0.0"), 404, "not_found")


def test_a_report_has_one_shape_whatever_was_asked_for(cast: Cast) -> None:
    model = make_model(cast.editor)
    client, url = cast.viewer.client, address(model, "validate/")
    before = everything()

    full = answered(client.post(url))
    one = answered(client.post(url, {"level": "context"}))

    assert list(full["categories"]) == [
        "structural",
        "cross_feature",
        "execution_readiness",
        "business_rules",
        "context",
    ]
    structural = full["categories"]["structural"]
    assert {error["code"] for error in structural["errors"]} == {
        "no_nodes",
        "no_input",
        "no_output",
    }
    assert (structural["ran"], structural["is_valid"]) == (True, False)
    summary = ("model_id", "model_version", "level", "overall_valid", "publishable", "ready")
    assert [full[name] for name in summary] == [
        str(model.pk), "1.0.0", "full", False, False, False
    ]  # fmt: skip
    assert (full["total_errors"], full["total_warnings"]) == (3, 1)
    assert one["categories"]["structural"] == {
        "ran": False,
        "is_valid": True,
        "errors": [],
        "warnings": [],
    }
    assert [one[name] for name in summary[2:]] == ["context", True, False, False]
    assert everything() == before
    assert faults(client.post(url, {"level": "all"})) == {("/level", "invalid_choice")}


def codes(cast: Cast, model: FunctionModel, category: str = "cross_feature") -> set[str]:
    report = answered(cast.editor.client.post(address(model, "validate/"), {"level": category}))
    found = report["categories"][category]
    return {finding["code"] for finding in [*found["errors"], *found["warnings"]]}


def test_references_are_judged_by_what_is_there(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    foreign = make_sop(cast.stranger)
    model = make_model(
        cast.editor,
        publishable(knowledge("k", "work", kb_reference_id=str(sop.pk), kb_version="1.0.0")),
    )
    client = cast.editor.client

    assert codes(cast, model) == {"version_unknown", "reference_not_live"}
    answered(client.post(f"/api/v1/sops/{sop.pk}/publish/"))
    assert codes(cast, model) == set()
    answered(client.post(f"/api/v1/sops/{sop.pk}/archive/"))
    assert codes(cast, model) == {"reference_deprecated"}
    to_foreign = {"data": {"kb_reference_id": str(foreign.pk), "kb_version": None}}
    answered(client.patch(address(model, "nodes/k/"), to_foreign))
    assert codes(cast, model) == {"dangling_reference"}


def test_models_that_nest_each_other_are_found_in_drafts_and_live_versions(cast: Cast) -> None:
    inner = make_model(cast.editor, publishable(), name="Inner")
    middle = make_model(
        cast.editor,
        publishable(nested("n", "work", nested_model_id=str(inner.pk))),
        name="Middle",
    )
    outer = make_model(
        cast.editor,
        publishable(nested("n", "work", nested_model_id=str(middle.pk).upper())),
        name="Outer",
    )
    publish(cast, inner)
    publish(cast, middle)
    assert codes(cast, outer, "structural") & {"nested_cycle", "nesting_too_deep"} == set()
    bump(cast, middle, "minor")
    client = cast.editor.client
    answered(client.delete(address(middle, "nodes/n/")), 204)  # live it still nests
    bump(cast, inner, "minor")
    answered(
        client.post(address(inner, "nodes/"), nested("o", "work", nested_model_id=str(outer.pk))),
        201,
    )

    response = client.post(address(outer, "publish/"))

    refused(response, 409, "not_publishable")
    assert ("", "nested_cycle") in faults(response)


def test_ten_levels_nest_and_eleven_do_not(cast: Cast) -> None:
    below = make_model(cast.editor, publishable(), name="Level 10")
    for level in range(9, 0, -1):
        action = nested("n", "work", nested_model_id=str(below.pk))
        below = make_model(cast.editor, publishable(action), name=f"Level {level}")
    action = nested("n", "work", nested_model_id=str(below.pk))
    over = make_model(cast.editor, publishable(action), name="One too many")

    assert "nesting_too_deep" not in codes(cast, below, "structural")
    assert "nesting_too_deep" in codes(cast, over, "structural")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_wins() -> None:
    cast = make_cast()
    model = make_model(cast.editor, publishable())
    clients = [cast.editor.client, cast.admin.client]
    barrier, statuses = threading.Barrier(2), list[int]()

    def run(client: Any) -> None:
        barrier.wait()
        statuses.append(client.post(address(model, "publish/")).status_code)
        connection.close()

    threads = [threading.Thread(target=run, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 409]
    assert reread(cast.editor, model).version_count == 1
    with scope(cast.editor.actor):
        assert FunctionModelVersion.objects.filter(entity=model).count() == 1
    assert event_types(cast.editor, model).count("FunctionModelPublished") == 1
