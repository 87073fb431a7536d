"""What services add to the trail: which act a change was, and looks that change nothing."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.tenancy import scope
from config.request_context import request_context
from knowledge_base.models import Sop, SopVersion
from node_links.audit.accessing import record_access
from node_links.audit.annotating import annotate
from tests.factories import Cast, make_sop
from tests.node_links.audit.conftest import last, trail

SOPS = "/api/v1/sops/"


def act(entity: UUID) -> tuple[str | None, Any]:
    """Return what the newest row about an entity says of the act."""
    return last(entity).event_type, last(entity).event_data


def send(cast: Cast, method: str, path: str, body: Any = None) -> None:
    answer = getattr(cast.admin.client, method)(f"{SOPS}{path}", body)
    assert answer.status_code < 300, answer.content


def test_the_acts_of_a_life_are_named(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Start")
    send(cast, "patch", f"{sop.pk}/", {"title": "Start it"})
    assert act(sop.pk) == (None, None)

    send(cast, "post", f"{sop.pk}/publish/", {"notes": "Checked."})
    published = {
        "action": "publish", "name": "Start it", "version": "1.0.0", "notes": "Checked.",
        "warnings": [],
    }  # fmt: skip
    assert act(sop.pk) == ("SopPublished", published)
    with scope(cast.admin.actor):
        version = SopVersion.objects.get(entity=sop)
    assert act(version.pk) == ("SopPublished", published)

    send(cast, "post", f"{sop.pk}/versions/", {"bump": "minor"})
    opened = {
        "action": "open_version", "previous_version": "1.0.0", "version": "1.1.0", "bump": "minor",
    }  # fmt: skip
    assert act(sop.pk) == ("SopDraftOpened", opened)

    send(cast, "patch", f"{sop.pk}/", {"title": "Another"})
    send(cast, "post", f"{sop.pk}/versions/1.0.0/rollback/")
    rolled = {"action": "rollback", "restored_version": "1.0.0", "version": "1.1.0"}
    assert act(sop.pk) == ("SopRolledBack", rolled)

    send(cast, "delete", f"{sop.pk}/?reason=old")
    preserved = {"name": "Start it", "status": "draft", "version": "1.1.0"}
    deleted = {"action": "soft_delete", "preserved": preserved, "reason": "old"}
    assert act(sop.pk) == ("SopDeleted", deleted)

    send(cast, "post", f"{sop.pk}/restore/")
    assert act(sop.pk) == ("SopRestored", {"action": "restore", **preserved, "days_deleted": 0})

    send(cast, "post", f"{sop.pk}/archive/", {"reason": "replaced"})
    archived = {
        "action": "archive", "name": "Start it", "version": "1.1.0", "previous_status": "draft",
        "reason": "replaced",
    }  # fmt: skip
    assert act(sop.pk) == ("SopArchived", archived)


def test_a_change_of_permissions_says_what_they_were(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    viewer = str(cast.viewer.user.pk)

    send(cast, "patch", f"{sop.pk}/", {"permissions": {"viewers": [viewer]}})

    kind, data = act(sop.pk)
    assert (kind, data["action"]) == ("SopPermissionsChanged", "permission_change")
    assert (data["old"]["viewers"], data["new"]["viewers"]) == ([], [viewer])


def test_a_change_that_opens_a_draft_says_so(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    send(cast, "post", f"{sop.pk}/publish/")

    send(cast, "patch", f"{sop.pk}/", {"content": "# Other"})

    opened = {"action": "open_version", "version": "1.1.0", "previous_version": "1.0.0"}
    assert act(sop.pk) == ("SopDraftOpened", opened)


def test_an_annotation_ends_with_its_block(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    with scope(cast.editor.actor):
        with annotate(event_type="SopLooked", event_data={"action": "look", "why": None}):
            Sop.objects.update(title="a")
        assert act(sop.pk) == ("SopLooked", {"action": "look"})
        Sop.objects.update(title="b")

    assert act(sop.pk) == (None, None)


def test_an_annotation_ends_where_its_block_fails(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    with (
        pytest.raises(RuntimeError),
        scope(cast.editor.actor),
        annotate(event_type="SopLooked", event_data={}),
    ):
        raise RuntimeError
    with scope(cast.editor.actor):
        Sop.objects.update(title="b")

    assert act(sop.pk) == (None, None)


@pytest.mark.parametrize(("refused", "outcome"), [(False, "granted"), (True, "refused")])
def test_a_look_is_on_record(cast: Cast, refused: bool, outcome: str) -> None:
    sop = make_sop(cast.editor)
    with request_context("req-20"), scope(cast.viewer.actor):
        record_access(
            actor=cast.viewer.actor,
            table_name="knowledge_base_sops",
            record_id=sop.pk,
            event_type="SopLooked",
            event_data={"window": 3},
            entity_id=sop.pk,
            refused=refused,
        )

    row = trail(model_id=sop.pk)[-1]
    assert (row.operation, row.event_type, row.request_id) == ("ACCESS", "SopLooked", "req-20")
    assert row.event_data == {"window": 3, "outcome": outcome}
    assert (row.old_data, row.new_data, row.changed_fields) == (None, None, [])
    assert (row.changed_by_id, row.organization_id) == (
        cast.viewer.user.pk,
        cast.organization.pk,
    )
    assert row.changed_at <= timezone.now()
