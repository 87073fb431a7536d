"""From a draft to the live version, to rest, to the end and back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.tenancy import scope
from spindles.models import Spindle, SpindleVersion, StoredPlan
from spindles.services.plans import load_plan
from tests.factories import Cast, Person, make_spindle
from tests.observing import UNKNOWN, answered, audited, event_types, events, refused
from tests.spindles.api.observing import address, everything, faults, reread
from tests.spindles.definitions.writing import step

pytestmark = pytest.mark.django_db


def live(cast: Cast, **values: Any) -> Spindle:
    """Return a spindle whose 1.0.0 is live."""
    spindle = make_spindle(cast.editor, **{"steps": [step("a")], **values})
    answered(cast.editor.client.post(address(spindle, "publish/")))
    return reread(cast.editor, spindle)


def states(person: Person, spindle: Spindle) -> tuple[str, str | None]:
    """Return the status of the working copy and of the live version."""
    stored = reread(person, spindle)
    return stored.status, stored.live_status


def post(person: Person, spindle: Spindle, what: str, **body: Any) -> Any:
    """Ask for an act of the life cycle."""
    return person.client.post(address(spindle, f"{what}/"), body)


def test_publishing_makes_the_draft_live_with_its_plan(cast: Cast) -> None:
    outputs = [{"name": "all", "value": "${{ steps.b.output }}"}]
    spindle = make_spindle(cast.editor, steps=[step("a"), step("b", "a")], outputs=outputs)

    published = answered(post(cast.editor, spindle, "publish", notes="First."))

    assert (published["status"], published["live_status"]) == ("active", "active")
    assert (published["published_version"], published["version_count"]) == ("1.0.0", 1)
    assert events(cast.editor, spindle)[1:] == [
        (
            "WorkflowActivated",
            {
                "name": spindle.name,
                "version": "1.0.0",
                "activated_by": str(cast.editor.user.pk),
                "notes": "First.",
            },
        )
    ]
    assert audited(cast.editor, "WorkflowActivated")["action"] == "publish"
    with scope(cast.editor.actor):
        version = SpindleVersion.objects.get(entity=spindle)
        plan = load_plan(version.plan)
        assert [one.id for one in plan.steps] == ["a", "b"]
        assert [one.model_dump(exclude_none=True) for one in plan.outputs or ()] == outputs
        with pytest.raises(DatabaseError), transaction.atomic():
            SpindleVersion.objects.filter(pk=version.pk).update(notes="Other.")


def test_what_cannot_run_is_not_published(cast: Cast) -> None:
    spindle = make_spindle(
        cast.editor, steps=[step("a", kind="condition"), step("b", condition="(")]
    )
    before = everything()

    response = post(cast.editor, spindle, "publish")

    body = refused(response, 409, "not_publishable")
    assert faults(response) == [
        ("/steps/0/params/branches", "missing_param"),
        ("/steps/1/condition", "invalid_condition"),
    ]
    assert [one["step_id"] for one in body["problems"]] == ["a", "b"]
    assert everything() == before


def test_versions_follow_each_other(cast: Cast) -> None:
    spindle = live(cast)
    assert refused(post(cast.editor, spindle, "publish"), 409, "invalid_transition")["allowed"] == [
        "draft",
        "inactive",
        "deprecated",
        "archived",
    ]
    opened = answered(post(cast.editor, spindle, "versions", bump="minor"), 201)
    assert (opened["version"], opened["status"], opened["live_status"]) == (
        "1.1.0",
        "draft",
        "active",
    )
    assert opened["version_count"] == 2
    refused(post(cast.editor, spindle, "versions", bump="minor"), 409, "invalid_transition")
    answered(cast.editor.client.put(address(spindle, "steps/"), {"steps": [step("z")]}))
    conflict = refused(
        post(cast.editor, spindle, "publish", version="3.0.0"), 409, "version_conflict"
    )
    assert conflict["allowed"] == ["2.0.0", "1.1.0", "1.0.1"]
    assert faults(post(cast.editor, spindle, "publish", version="2")) == [
        ("/version", "invalid_version")
    ]

    answered(post(cast.editor, spindle, "publish", version="2.0.0"))

    client = cast.viewer.client
    listed = answered(client.get(address(spindle, "versions/")))["results"]
    assert [(one["version"], one["is_live"], one["status"]) for one in listed] == [
        ("2.0.0", True, "active"),
        ("1.0.0", False, "superseded"),
    ]
    one = answered(client.get(address(spindle, "versions/1.0.0/")))
    assert [node["id"] for node in one["content"]["nodes_data"]] == ["a"]
    drawn = answered(client.get(address(spindle, "canvas/?version=1.0.0")))
    assert drawn["nodes"] == one["content"]["nodes_data"]
    refused(client.get(address(spindle, "versions/9.0.0/")), 404, "not_found")
    assert event_types(cast.editor, spindle) == [
        "WorkflowCreated",
        "WorkflowActivated",
        "WorkflowVersionOpened",
        "WorkflowUpdated",
        "WorkflowActivated",
    ]


def test_versions_are_ordered_as_numbers(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")], version="1.9.0")
    answered(post(cast.editor, spindle, "publish"))
    answered(post(cast.editor, spindle, "versions", bump="minor"), 201)
    answered(post(cast.editor, spindle, "publish"))
    listed = answered(cast.editor.client.get(address(spindle, "versions/")))["results"]

    assert [one["version"] for one in listed] == ["1.10.0", "1.9.0"]


def test_what_is_live_is_frozen_but_for_what_says_nothing_of_it(cast: Cast) -> None:
    spindle, client = live(cast), cast.editor.client
    before = everything()
    for part, body in (
        ("", {"name": "Other"}),
        ("", {"steps": [step("b")]}),
        ("", {"steps": [{"id": "no kind"}]}),
        ("", {"canvas": []}),
        ("", {"timeout": -1}),
    ):
        refused(client.patch(address(spindle, part), body), 409, "invalid_transition")
    refused(client.put(address(spindle, "steps/"), {"steps": []}), 409, "invalid_transition")
    refused(client.put(address(spindle, "canvas/"), {}), 409, "invalid_transition")
    assert everything() == before

    answered(client.patch(address(spindle), {"tags": ["x"], "metadata": {"a": 1}}))
    answered(client.patch(address(spindle), {"name": spindle.name, "steps": [step("a")]}))


def test_the_live_version_rests_and_works_again(cast: Cast) -> None:
    spindle = live(cast)

    rested = answered(post(cast.editor, spindle, "deactivate"))
    assert (rested["status"], rested["live_status"]) == ("inactive", "inactive")
    refused(post(cast.editor, spindle, "deactivate"), 409, "invalid_transition")
    answered(post(cast.editor, spindle, "activate"))
    assert (
        refused(post(cast.editor, spindle, "activate"), 409, "invalid_transition")["current"]
        == "active"
    )

    assert states(cast.editor, spindle) == ("active", "active")
    assert event_types(cast.editor, spindle)[2:] == ["WorkflowDeactivated", "WorkflowActivated"]
    assert audited(cast.editor, "WorkflowDeactivated")["action"] == "deactivate"


def test_an_open_draft_stays_one_while_the_live_version_moves(cast: Cast) -> None:
    spindle = live(cast)
    answered(post(cast.editor, spindle, "versions", bump="patch"), 201)

    answered(post(cast.editor, spindle, "deactivate"))
    assert states(cast.editor, spindle) == ("draft", "inactive")
    answered(post(cast.editor, spindle, "deprecate", reason="Old."))
    assert states(cast.editor, spindle) == ("draft", "deprecated")
    answered(post(cast.editor, spindle, "publish"))
    assert states(cast.editor, spindle) == ("active", "active")


def test_an_error_is_left_by_hand(cast: Cast) -> None:
    for what in ("activate", "deactivate", "deprecate"):
        spindle = live(cast, name=f"To {what}")
        with scope(cast.editor.actor):
            Spindle.all_objects.filter(pk=spindle.pk).update(
                status="error", live_status="error", consecutive_failures=5
            )
        answered(post(cast.editor, spindle, what))
        expected = {"activate": "active", "deactivate": "inactive", "deprecate": "deprecated"}[what]
        assert states(cast.editor, spindle) == (expected, expected)


def test_a_deprecated_version_never_returns(cast: Cast) -> None:
    spindle, other = live(cast), live(cast, name="The new one")

    done = answered(
        post(cast.editor, spindle, "deprecate", reason="Old.", replaced_by=str(other.pk))
    )

    assert (done["status"], done["live_status"]) == ("deprecated", "deprecated")
    assert (done["deprecation_reason"], done["replaced_by"]) == ("Old.", str(other.pk))
    assert events(cast.editor, spindle)[-1] == (
        "WorkflowDeprecated",
        {
            "name": spindle.name,
            "version": "1.0.0",
            "reason": "Old.",
            "replaced_by": str(other.pk),
        },
    )
    for what in ("activate", "deactivate", "deprecate"):
        refused(post(cast.editor, spindle, what), 409, "invalid_transition")
    assert answered(post(cast.editor, spindle, "versions", bump="major"), 201)["status"] == "draft"


def test_a_replacement_is_another_spindle_that_is_there(cast: Cast) -> None:
    spindle, foreign = live(cast), make_spindle(cast.stranger)
    before = everything()
    for known in (UNKNOWN, foreign.pk, spindle.pk):
        response = post(cast.editor, spindle, "deprecate", replaced_by=str(known))
        refused(response, 404, "not_found")
        assert faults(response) == [("/replaced_by", "does_not_exist")]

    assert everything() == before


def test_without_a_live_version_nothing_rests(cast: Cast) -> None:
    spindle = make_spindle(cast.editor)
    for what in ("activate", "deactivate", "deprecate"):
        refused(post(cast.editor, spindle, what), 409, "invalid_transition")


def test_archiving_is_for_good(cast: Cast) -> None:
    spindle = live(cast)

    archived = answered(post(cast.editor, spindle, "archive", reason="Done."))

    assert (archived["status"], archived["archive_reason"]) == ("archived", "Done.")
    before = everything()
    for what in ("archive", "activate", "deactivate", "deprecate", "publish", "versions"):
        answer = refused(post(cast.owner, spindle, what, bump="major"), 409, "invalid_transition")
        assert answer["current"] == "archived"
    for body in ({"tags": ["x"]}, {"metadata": {"a": 1}}, {"name": "B"}):
        refused(cast.owner.client.patch(address(spindle), body), 409, "invalid_transition")
    refused(cast.owner.client.delete(address(spindle)), 409, "invalid_transition")
    assert everything() == before
    answered(cast.viewer.client.get(address(spindle)))
    assert event_types(cast.editor, spindle)[-1] == "WorkflowArchived"


def test_a_deleted_spindle_comes_back_as_it_was(cast: Cast) -> None:
    spindle = live(cast)
    answered(post(cast.editor, spindle, "deactivate"))

    answered(cast.admin.client.delete(address(spindle, "?reason=Too many.")), 204)

    refused(cast.admin.client.get(address(spindle)), 404, "not_found")
    refused(post(cast.admin, spindle, "activate"), 404, "not_found")
    refused(post(cast.editor, spindle, "restore"), 404, "not_found")
    shown = answered(cast.admin.client.get(address(spindle, "?deleted=true")))
    assert shown["deletion_reason"] == "Too many."
    back = answered(post(cast.admin, spindle, "restore"))
    assert (back["status"], back["live_status"]) == ("inactive", "inactive")
    assert (back["deleted_at"], back["deletion_reason"]) == (None, None)
    refused(post(cast.admin, spindle, "restore"), 409, "invalid_transition")
    assert event_types(cast.editor, spindle)[-2:] == ["WorkflowDeleted", "WorkflowRestored"]


def test_a_deleted_spindle_is_restored_for_a_while_and_under_a_free_slug(cast: Cast) -> None:
    spindle = make_spindle(cast.editor)
    answered(cast.owner.client.delete(address(spindle)), 204)
    make_spindle(cast.editor)
    refused(post(cast.owner, spindle, "restore"), 409, "duplicate")
    with scope(cast.owner.actor):
        Spindle.all_objects.filter(pk=spindle.pk).update(
            deleted_at=timezone.now() - timedelta(days=32)
        )

    refused(post(cast.owner, spindle, "restore"), 409, "recovery_expired")
    refused(post(cast.owner, spindle.__class__(pk="x"), "restore"), 404, "not_found")


def test_a_reason_has_an_end(cast: Cast) -> None:
    spindle, long = live(cast), "x" * 2001
    assert faults(post(cast.editor, spindle, "archive", reason=long)) == [("/reason", "max_length")]
    response = cast.owner.client.delete(address(spindle, f"?reason={long}"))
    assert faults(response) == [("?reason", "max_length")]


def test_who_may_not_act_does_not(cast: Cast) -> None:
    spindle = live(cast)
    before = everything()
    for what in ("publish", "versions", "activate", "deactivate", "deprecate", "archive"):
        refused(post(cast.viewer, spindle, what), 403, "permission_denied")
        refused(post(cast.stranger, spindle, what), 404, "not_found")
    refused(cast.viewer.client.delete(address(spindle)), 403, "permission_denied")
    assert everything() == before


def test_an_old_version_comes_back_into_the_draft(cast: Cast) -> None:
    spindle, client = live(cast, timeout=60), cast.editor.client
    refused(client.post(address(spindle, "versions/1.0.0/rollback/")), 409, "invalid_transition")
    answered(post(cast.editor, spindle, "versions", bump="minor"), 201)
    body = {"steps": [step("z")], "timeout": 90, "triggers": [{"id": "t", "kind": "manual"}]}
    answered(client.patch(address(spindle), body))

    back = answered(client.post(address(spindle, "versions/1.0.0/rollback/")))

    assert ([node["id"] for node in back["nodes_data"]], back["timeout"]) == (["a"], 60)
    assert (back["version"], back["status"], back["triggers"]) == ("1.1.0", "draft", [])
    assert events(cast.editor, spindle)[-1] == (
        "WorkflowRolledBack",
        {"restored_version": "1.0.0", "version": "1.1.0"},
    )
    again = answered(client.post(address(spindle, "versions/1.0.0/rollback/")))
    assert again["revision"] == back["revision"]


def test_versions_are_compared_step_by_step(cast: Cast) -> None:
    spindle = live(cast, steps=[step("a"), step("b", "a"), step("c", "a")])
    client = cast.editor.client
    answered(post(cast.editor, spindle, "versions", bump="minor"), 201)
    drawn = answered(client.get(address(spindle, "canvas/")))
    drawn["nodes"][0]["position"]["x"] = 77
    answered(client.put(address(spindle, "canvas/"), drawn))
    steps = [step("a"), step("b", "a", priority=9), step("d", "b")]
    answered(client.put(address(spindle, "steps/"), {"steps": steps}))
    answered(client.patch(address(spindle), {"timeout": 5, "metadata": {"x": 1}}))

    found = answered(client.get(address(spindle, "versions/compare/?from=1.0.0&to=draft")))

    assert found == {
        "from": "1.0.0",
        "to": "draft",
        "steps": {
            "added": ["d"],
            "removed": ["c"],
            "modified": [{"id": "b", "changes": {"priority": {"old": 5, "new": 9}}}],
        },
        "edges": {"added": ["b->d"], "removed": ["a->c"]},
        "fields": {"timeout": {"old": None, "new": 5}},
        "metadata": {"x": {"old": None, "new": 1}},
        "moved": ["a"],
        "summary": {"added": 1, "removed": 1, "modified": 1, "moved": 1},
    }
    response = client.get(address(spindle, "versions/compare/?from=1.0.0"))
    assert faults(response) == [("?to", "required")]


def test_equal_definitions_share_a_plan(cast: Cast) -> None:
    live(cast)
    live(cast, name="Another")

    with scope(cast.editor.actor):
        assert StoredPlan.objects.count() == 1
