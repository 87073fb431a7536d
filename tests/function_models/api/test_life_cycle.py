"""Archiving, deleting, restoring, purging and copying models."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from function_models.models import FunctionModel
from function_models.tasks.maintenance import purge_models
from node_links.models import AuditLog, NodeEvent, NodeLink, NodeMetadata
from tests.factories import Cast, Person, make_model, make_sop
from tests.function_models.api.observing import MODELS, address, everything, publishable, reread
from tests.function_models.drawings import container, drawing, knowledge, nested
from tests.observing import UNKNOWN, answered, events, faults, refused

pytestmark = pytest.mark.django_db


def link(person: Person, source: Any, target: Any, link_type: str, **values: Any) -> Any:
    body = {
        "source_feature": source.feature_type,
        "source_entity_id": str(source.pk),
        "target_feature": target.feature_type,
        "target_entity_id": str(target.pk),
        "link_type": link_type,
        **values,
    }
    return answered(person.client.post("/api/v1/links/", body), 201)


def act(person: Person, event_type: str) -> dict[str, Any]:
    """Return what the audit trail says of the newest act of this kind."""
    with scope(person.actor):
        row = AuditLog.objects.filter(event_type=event_type).order_by("-id").first()
    assert row is not None
    data: dict[str, Any] = row.event_data or {}
    return data


def test_archiving_tells_the_impact_and_is_for_good(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    client = cast.editor.client
    answered(client.post(address(model, "publish/")))

    response = client.post(address(model, "archive/"), {"reason": "Replaced."})
    archived = answered(response)

    stored = reread(cast.editor, model)
    impact = {
        "risk": "medium",
        "reasons": ["published", "recently_published"],
        "affected_nodes": 3,
        "affected_links": 0,
    }
    assert archived | {"archived_at": ""} == {
        "id": str(model.pk),
        "status": "archived",
        "previous_status": "published",
        "archived_at": "",
        "archived_by": str(cast.editor.user.pk),
        "impact": impact,
        "links_removed": 0,
    }
    assert (stored.archive_reason, stored.revision) == ("Replaced.", 3)
    assert events(cast.editor, model)[-1] == (
        "FunctionModelArchived",
        {
            "name": model.name,
            "version": "1.0.0",
            "previous_status": "published",
            "reason": "Replaced.",
            "risk": "medium",
            "links_removed": 0,
        },
    )
    assert act(cast.editor, "FunctionModelArchived")["reasons"] == impact["reasons"]
    before = everything()
    refused(client.post(address(model, "archive/")), 409, "invalid_transition")
    refused(client.delete(address(model)), 409, "invalid_transition")
    assert everything() == before
    assert answered(client.get(address(model, "canvas/")))["nodes"]


def test_a_high_risk_refuses_where_it_is_enforced(cast: Cast) -> None:
    model = make_model(cast.editor, drawing(*(container(f"n{i}") for i in range(51))))
    before = everything()

    response = cast.editor.client.post(
        address(model, "archive/"), {"enforce_risk_assessment": True}
    )

    assert refused(response, 409, "archive_risk_high")["impact"] == {
        "risk": "high",
        "reasons": ["many_nodes", "very_many_nodes"],
        "affected_nodes": 51,
        "affected_links": 0,
    }
    assert everything() == before
    archived = answered(cast.editor.client.post(address(model, "archive/")))
    assert archived["impact"]["risk"] == "high"


def test_cleaning_up_takes_the_links_that_lead_away(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    other = make_model(cast.editor, name="Other")
    model = make_model(
        cast.editor, publishable(knowledge("k", "work", kb_reference_id=str(sop.pk)))
    )
    link(cast.editor, model, other, "implements")
    arriving = link(cast.editor, other, model, "supports")

    archived = answered(
        cast.editor.client.post(address(model, "archive/"), {"cleanup_links": True})
    )

    assert (archived["links_removed"], archived["impact"]["affected_links"]) == (2, 3)
    with scope(cast.editor.actor):
        left = NodeLink.objects.touching("function-model", model.pk)
        assert [str(pk) for pk in left.values_list("pk", flat=True)] == [arriving["id"]]


def test_a_deleted_model_is_seen_by_administrators_only(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    query = "?reason=Old&retention_period=2-years&compliance_framework=GDPR"

    response = cast.editor.client.delete(address(model, query))

    assert response.status_code == 204
    deleted = reread(cast.editor, model)
    assert deleted.deleted_at and deleted.hard_delete_at and deleted.review_at
    assert (deleted.hard_delete_at - deleted.deleted_at).days in (729, 730)
    assert (deleted.hard_delete_at - deleted.review_at).days == 30
    assert events(cast.editor, model)[-1] == (
        "FunctionModelDeleted",
        {
            "name": model.name,
            "status": "draft",
            "version": "1.0.0",
            "reason": "Old",
            "retention_days": 730,
            "hard_delete_at": deleted.hard_delete_at.isoformat(),
        },
    )
    assert act(cast.editor, "FunctionModelDeleted") == {
        "action": "soft_delete",
        "reason": "Old",
        "preserved": {
            "name": model.name,
            "status": "draft",
            "version": "1.0.0",
            "node_count": 3,
            "action_count": 0,
        },
        "compliance_framework": "GDPR",
    }
    for rest in ("", "canvas/", "nodes/", "versions/", "history/"):
        refused(cast.editor.client.get(address(model, rest)), 404, "not_found")
        shown = cast.admin.client.get(address(model, f"{rest}?deleted=true"))
        assert shown.status_code == 200, (rest, shown.content)
    listed = answered(cast.admin.client.get(f"{MODELS}?deleted=true"))["results"]
    assert [(row["id"], row["retention_days"], row["deletion_reason"]) for row in listed] == [
        (str(model.pk), 730, "Old")
    ]
    refused(cast.editor.client.get(f"{MODELS}?deleted=true"), 403, "permission_denied")
    refused(cast.admin.client.delete(address(model, "?deleted=true")), 404, "not_found")


@pytest.mark.parametrize("period", ["0-days", "2 years", "-1-days", "x", "", "9999999-years"])
def test_a_retention_that_makes_no_sense_is_refused(cast: Cast, period: str) -> None:
    model = make_model(cast.editor)
    before = everything()

    response = cast.editor.client.delete(address(model, f"?retention_period={period}"))

    assert response.status_code == 400
    [(pointer, _)] = faults(response)
    assert pointer == "?retention_period"
    assert everything() == before


def test_what_others_rely_on_stays_where_integrity_is_enforced(cast: Cast) -> None:
    model = make_model(cast.editor)
    outer = make_model(
        cast.editor, publishable(nested("n", "work", nested_model_id=str(model.pk))), name="Outer"
    )
    sop = make_sop(cast.editor)
    link(cast.editor, sop, model, "documents")
    before = everything()

    enforced = cast.editor.client.delete(address(model, "?enforce_referential_integrity=true"))
    wrong = cast.editor.client.delete(address(model, "?enforce_referential_integrity=yes"))

    users = refused(enforced, 409, "in_use")["users"]
    assert {(user["kind"], user["entity_id"]) for user in users} == {
        ("nested", str(outer.pk)),
        ("documents", str(sop.pk)),
    }
    assert faults(wrong) == {("?enforce_referential_integrity", "invalid")}
    assert everything() == before
    assert cast.editor.client.delete(address(model)).status_code == 204


def test_a_model_comes_back_exactly_as_it_was(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    before = answered(cast.admin.client.get(address(model)))
    answered(cast.editor.client.delete(address(model)), 204)
    url = address(model, "restore/")

    assessed = answered(cast.admin.client.get(url))
    restored = answered(cast.admin.client.post(url))

    assert assessed | {"recoverable_until": ""} == {
        "status": "eligible",
        "blocking_reasons": [],
        "complexity": "low",
        "recoverable_until": "",
    }
    changed = {name for name, value in restored.items() if before[name] != value}
    assert changed == {"revision", "updated_at"}
    assert events(cast.admin, model)[-1] == (
        "FunctionModelRestored",
        {"name": model.name, "status": "draft", "version": "1.0.0"},
    )
    refused(cast.admin.client.post(url), 409, "invalid_transition")
    refused(cast.admin.client.get(url), 409, "invalid_transition")


def test_only_administrators_restore(cast: Cast) -> None:
    model = make_model(cast.editor)
    answered(cast.editor.client.delete(address(model)), 204)
    before = everything()

    for person in (cast.editor, cast.viewer, cast.stranger):
        refused(person.client.post(address(model, "restore/")), 404, "not_found")
        refused(person.client.get(address(model, "restore/")), 404, "not_found")
    refused(cast.admin.client.post(address(UNKNOWN, "restore/")), 404, "not_found")
    refused(cast.admin.client.post(address("x", "restore/")), 404, "not_found")
    assert everything() == before


def test_a_name_that_was_taken_meanwhile_needs_another(cast: Cast) -> None:
    model = make_model(cast.editor, name="Handle it")
    answered(cast.editor.client.delete(address(model)), 204)
    make_model(cast.editor, name="HANDLE IT")
    url = address(model, "restore/")
    before = everything()

    assessed = answered(cast.admin.client.get(url))
    refused(cast.admin.client.post(url), 409, "duplicate")
    wrong = cast.admin.client.post(url, {"name": "ä"})

    assert (assessed["status"], assessed["blocking_reasons"]) == ("requires_repair", ["duplicate"])
    assert wrong.status_code == 400
    assert everything() == before
    restored = answered(cast.admin.client.post(url, {"name": "Handle it again"}))
    assert restored["name"] == "Handle it again"


def test_a_reference_that_is_gone_does_not_stop_the_restore(cast: Cast) -> None:
    model = make_model(cast.editor, publishable(knowledge("k", "work", kb_reference_id=UNKNOWN)))
    answered(cast.editor.client.delete(address(model)), 204)

    assessed = answered(cast.admin.client.get(address(model, "restore/")))
    answered(cast.admin.client.post(address(model, "restore/")))

    assert assessed["blocking_reasons"] == ["missing_reference"]
    assert (assessed["status"], assessed["complexity"]) == ("requires_repair", "high")


@pytest.mark.parametrize(("days", "status"), [(30, 200), (31, 409)])
def test_the_recovery_window_ends_after_its_last_day(cast: Cast, days: int, status: int) -> None:
    model = make_model(cast.editor)
    answered(cast.editor.client.delete(address(model)), 204)
    with scope(cast.editor.actor):
        moment = timezone.now() - timedelta(days=days, minutes=1)
        FunctionModel.all_objects.filter(pk=model.pk).update(deleted_at=moment)

    assessed = answered(cast.admin.client.get(address(model, "restore/")))
    response = cast.admin.client.post(address(model, "restore/"))

    assert response.status_code == status
    assert assessed["status"] == ("eligible" if status == 200 else "expired")
    if status == 409:
        body = refused(response, 409, "recovery_expired")
        assert body["escalation"] == "administrator_review"


def test_what_was_kept_long_enough_goes_for_good_and_its_trail_stays(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    action = knowledge("k", "work", kb_reference_id=str(sop.pk))
    gone, kept = (
        make_model(cast.editor, publishable(action), name=name) for name in ("Gone", "Kept")
    )
    for model in (gone, kept):
        answered(cast.editor.client.delete(address(model)), 204)
    with scope(cast.editor.actor):
        FunctionModel.all_objects.filter(pk=gone.pk).update(hard_delete_at=timezone.now())

    assert purge_models() == 1
    assert purge_models() == 0

    with system_scope():
        assert list(FunctionModel.all_objects.values_list("pk", flat=True)) == [kept.pk]
        assert not NodeMetadata.objects.filter(entity_id=gone.pk).exists()
        last = NodeEvent.objects.filter(entity_id=gone.pk, event_type="FunctionModelPurged").get()
        assert last.data["name"] == "Gone"
        trail = AuditLog.objects.filter(event_type="FunctionModelPurged", operation="DELETE")
        told = trail.filter(table_name="function_models").get().event_data
    assert told is not None
    assert (told["action"], told["status"], told["days_deleted"]) == ("purge", "draft", 0)


def test_a_copy_is_a_new_draft_of_the_caller(cast: Cast) -> None:
    model = make_model(cast.admin, publishable(), description="How", tags=["a"], metadata={"x": 1})
    answered(cast.admin.client.post(address(model, "publish/")))
    url = address(model, "duplicate/")

    copy = answered(cast.editor.client.post(url, {"name": "A copy"}), 201)

    assert copy["id"] != str(model.pk)
    assert (copy["owner"], copy["status"], copy["version"]) == (
        str(cast.editor.user.pk),
        "draft",
        "1.0.0",
    )
    assert (copy["description"], copy["tags"], copy["metadata"]) == ("How", ["a"], {"x": 1})
    assert {node["data"]["status"] for node in copy["nodes_data"]} == {"draft"}
    assert (copy["published_version"], copy["version_count"]) == (None, 1)
    [(_, data)] = events(cast.editor, copy["id"])
    assert data["template_id"] == str(model.pk)
    before = everything()
    refused(cast.editor.client.post(url, {"name": "A copy"}), 409, "duplicate")
    assert faults(cast.editor.client.post(url, {})) == {("/name", "required")}
    refused(cast.viewer.client.post(url, {"name": "Another"}), 403, "permission_denied")
    assert everything() == before


def test_the_figures_of_a_drawing(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())

    figures = answered(cast.viewer.client.get(address(model, "statistics/")))

    assert (figures["container_count"], figures["edge_count"], figures["max_depth"]) == (3, 2, 3)
    assert figures["by_type"] == {"ioNode": 2, "stageNode": 1}
    assert figures["resource_totals"] == {"cpu": 0, "memory": 0, "timeout": 0}
    assert [stage["node_id"] for stage in figures["stages"]] == ["work"]
