"""An SOP is to be read again on a day; its owner is told when that day has come, once."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.tenancy import system_scope
from config.celery import app
from knowledge_base.models import Sop
from knowledge_base.services.exporting import export_files
from knowledge_base.services.reviews import announce_due_reviews
from knowledge_base.tasks import announce_due_reviews as nightly
from node_links.events.reading import event_of
from node_links.models import AuditLog, NodeEvent, Notification
from node_links.subscribers import notify_people
from tests.factories import Cast, UserFactory, make_sop
from tests.knowledge_base.observing import SOPS, address, reread
from tests.observing import event_types, faults, refused

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


def due(cast: Cast, day: date | None = DAY, **values: Any) -> Sop:
    """Return an SOP of the editor's whose review is due on a day."""
    return make_sop(cast.editor, review_due_on=day, **values)


def announced(sop: Sop) -> list[dict[str, Any]]:
    """Return what was announced of an SOP."""
    with system_scope():
        rows = NodeEvent.objects.filter(entity_id=sop.pk, event_type="SopReviewDue")
        return list(rows.order_by("sequence").values_list("data", flat=True))


def test_the_day_is_set_changed_and_taken_back_over_rest(cast: Cast) -> None:
    client = cast.editor.client

    made = client.post(SOPS, {"title": "A", "content": "x", "review_due_on": "2026-03-02"})
    assert (made.status_code, made.json()["review_due_on"]) == (201, "2026-03-02")
    url = f"{SOPS}{made.json()['id']}/"
    wrong = client.patch(url, {"review_due_on": "tomorrow"})
    assert faults(wrong) == {("/review_due_on", "invalid")}
    assert client.get(url).json()["review_due_on"] == "2026-03-02"
    assert (
        client.patch(url, {"review_due_on": "2026-04-01"}).json()["review_due_on"] == "2026-04-01"
    )
    assert client.patch(url, {"review_due_on": None}).json()["review_due_on"] is None

    with system_scope():
        changes = NodeEvent.objects.filter(event_type="SopUpdated").order_by("sequence")
        told = [event.data["changes"]["review_due_on"] for event in changes]
    assert told == [
        {"old": "2026-03-02", "new": "2026-04-01"},
        {"old": "2026-04-01", "new": None},
    ]
    refused(cast.viewer.client.patch(url, {"review_due_on": None}), 403, "permission_denied")


def test_the_list_is_narrowed_to_what_is_due(cast: Cast) -> None:
    early, late, never = due(cast), due(cast, DAY + timedelta(days=9)), due(cast, None)

    shown = cast.viewer.client.get(f"{SOPS}?review_due_before=2026-03-03").json()["results"]

    assert [one["id"] for one in shown] == [str(early.pk)]
    assert {late.pk, never.pk}.isdisjoint({one["id"] for one in shown})


def test_a_review_is_announced_on_its_day_once_and_changes_nothing(cast: Cast) -> None:
    sop = due(cast)

    assert announce_due_reviews(day=DAY - timedelta(days=1)) == 0
    assert announce_due_reviews(day=DAY) == 1
    assert announce_due_reviews(day=DAY + timedelta(days=1)) == 0

    assert announced(sop) == [{"name": sop.title, "due_on": "2026-03-02"}]
    after = reread(cast.editor, sop)
    assert (after.revision, after.updated_at) == (sop.revision, sop.updated_at)
    with system_scope():
        assert not AuditLog.objects.filter(record_id=str(sop.pk), operation="UPDATE").exists()


def test_a_moved_date_is_announced_anew_and_a_missed_one_late(cast: Cast) -> None:
    sop = due(cast)
    assert announce_due_reviews(day=DAY + timedelta(days=30)) == 1
    moved = (DAY + timedelta(days=60)).isoformat()
    assert cast.editor.client.patch(address(sop), {"review_due_on": moved}).status_code == 200

    assert announce_due_reviews(day=DAY + timedelta(days=59)) == 0
    assert announce_due_reviews(day=DAY + timedelta(days=60)) == 1

    assert [data["due_on"] for data in announced(sop)] == ["2026-03-02", moved]


def test_the_archived_and_the_deleted_are_not_reviewed_until_they_are_back(cast: Cast) -> None:
    archived, deleted, plain = due(cast), due(cast), due(cast, None)
    assert cast.admin.client.post(address(archived, "archive/"), {}).status_code == 200
    assert cast.admin.client.delete(address(deleted)).status_code == 204

    assert announce_due_reviews(day=DAY) == 0

    assert cast.admin.client.post(address(deleted, "restore/")).status_code == 200
    assert announce_due_reviews(day=DAY) == 1
    assert (announced(archived), len(announced(deleted)), announced(plain)) == ([], 1, [])


def test_many_are_announced_in_batches_for_every_organisation(cast: Cast) -> None:
    sops = [due(cast, title=f"Page {number}") for number in range(5)]
    foreign = make_sop(cast.stranger, review_due_on=DAY)

    assert announce_due_reviews(day=DAY, batch=2) == 6

    assert [len(announced(sop)) for sop in (*sops, foreign)] == [1] * 6
    with system_scope():
        event = NodeEvent.objects.get(entity_id=foreign.pk, event_type="SopReviewDue")
    assert (event.organization_id, event.user_id) == (cast.stranger.organization.pk, None)


def test_the_nightly_task_announces_today_and_the_owner_is_told(cast: Cast) -> None:
    sop = due(cast, timezone.localdate())
    app.loader.import_default_modules()
    assert nightly.name in app.tasks

    assert nightly() == 1

    with system_scope():
        event = NodeEvent.objects.get(event_type="SopReviewDue")
        notify_people(event_of(event))
        notices = list(Notification.objects.order_by("channel"))
    assert [(n.kind, n.channel, n.user_id) for n in notices] == [
        ("review_due", "email", cast.editor.user.pk),
        ("review_due", "in_app", cast.editor.user.pk),
    ]
    assert notices[0].title == f"Review due: {sop.title}"
    assert event_types(cast.editor, sop)[-1] == "SopReviewDue"


def archive(text: str) -> SimpleUploadedFile:
    """Return a zip with one file."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as file:
        file.writestr("a.md", text)
    return SimpleUploadedFile("a.zip", buffer.getvalue(), content_type="application/zip")


def import_text(cast: Cast, text: str) -> Any:
    """Import one file."""
    body = {"file": archive(text)}
    return cast.editor.client.post(f"{SOPS}import/", body, format="multipart")


def test_front_matter_brings_the_day_in_and_takes_it_out(cast: Cast) -> None:
    assert import_text(cast, "---\nreview_due_on: 2026-03-02\n---\n# A\n\nText").status_code == 200
    with system_scope():
        sop = Sop.objects.get(source_path="a.md")
        assert sop.review_due_on == DAY
        [(_, text)] = export_files(actor=cast.editor.actor)
    assert "review_due_on: '2026-03-02'\n" in text

    again = import_text(cast, text)
    assert again.json()["unchanged"] == 1
    silent = import_text(cast, "# A\n\nText")
    assert silent.status_code == 200
    assert reread(cast.editor, sop).review_due_on == DAY, "A file without the key leaves the day."
    wrong = import_text(cast, "---\nreview_due_on: soon\n---\n# A\n\nText")
    assert faults(wrong) == {("/file/a.md", "invalid_field")}
    assert reread(cast.editor, sop).review_due_on == DAY


def test_operators_set_the_day_in_the_form(cast: Cast) -> None:
    with system_scope():
        operator = UserFactory.create(is_staff=True, is_superuser=True)
    page = Client()
    page.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    sop = make_sop(cast.editor)
    url = f"/admin/knowledge_base/sop/{sop.pk}/change/"
    form = {
        "title": sop.title, "content": sop.content, "content_type": sop.content_type,
        "search_keywords": ",".join(sop.search_keywords), "author": sop.author, "searchable": "on",
        "metadata": "{}", "permissions": "{}", "seen_revision": sop.revision,
    }  # fmt: skip

    assert 'name="review_due_on"' in page.get(url).content.decode()
    assert page.post(url, {**form, "review_due_on": "2026-03-02"}).status_code == 302

    assert reread(cast.editor, sop).review_due_on == DAY
