"""From draft to published to archived, deletion and return, and the order of refusals."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from knowledge_base.models import Sop, SopVersion
from node_links.choices import LinkOrigin
from node_links.models import NodeLink, NodeMetadata
from tests.factories import Cast, Person, make_sop
from tests.knowledge_base.observing import SOPS, address, everything, reread
from tests.observing import event_types, events, faults, refused

pytestmark = pytest.mark.django_db


def publish(person: Person, sop: Sop, **body: Any) -> dict[str, Any]:
    response = person.client.post(address(sop, "publish/"), body)
    assert response.status_code == 200, response.json()
    document: dict[str, Any] = response.json()
    return document


def open_next(person: Person, sop: Sop, bump: str) -> dict[str, Any]:
    response = person.client.post(address(sop, "versions/"), {"bump": bump})
    assert response.status_code == 201, response.json()
    document: dict[str, Any] = response.json()
    return document


def test_publishing_stamps_the_drafts_own_number_and_tells_it(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    body = publish(cast.editor, sop, notes="First.")

    shown = ("version", "published_version", "status", "version_count", "revision")
    assert [body[name] for name in shown] == ["1.0.0", "1.0.0", "published", 1, 2]
    _, published, created = events(cast.editor, sop)
    assert published == (
        "SopPublished",
        {"name": sop.title, "version": "1.0.0", "notes": "First.", "warnings": []},
    )
    assert created[0] == "SopVersionCreated"
    assert created[1].keys() == {"version_id", "version", "bump"}
    assert (created[1]["version"], created[1]["bump"]) == ("1.0.0", "initial")


@pytest.mark.parametrize(
    ("stated", "number"),
    [("0.0.1", "0.0.1"), ("01.2.3", "1.2.3"), (" 7.0.0 ", "7.0.0"), (None, "1.0.0")],
)
def test_the_first_number_is_free(cast: Cast, stated: str | None, number: str) -> None:
    assert publish(cast.editor, make_sop(cast.editor), version=stated)["version"] == number


@pytest.mark.parametrize(
    "stated", ["1.0", "v1.0.0", "1.0.0-rc.1", "", "1.0.0.0", "-1.0.0", "１.0.0", "x" * 300]
)
def test_what_is_no_number_is_refused(cast: Cast, stated: str) -> None:
    sop = make_sop(cast.editor)
    before = everything()

    response = cast.editor.client.post(address(sop, "publish/"), {"version": stated})

    refused(response, 400, "validation_error")
    assert faults(response) == {("/version", "invalid_version")}
    assert everything() == before


@pytest.mark.parametrize("stated", ["2.0.0", "1.3.0", "1.2.4"])
@pytest.mark.parametrize("bump", ["major", "patch"])
def test_a_stated_number_is_one_of_the_three_next_steps(cast: Cast, stated: str, bump: str) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop, version="1.2.3")
    open_next(cast.editor, sop, bump)

    assert publish(cast.editor, sop, version=stated)["version"] == stated


@pytest.mark.parametrize("stated", ["3.0.0", "1.4.0", "1.2.5", "2.1.0", "1.3.1", "1.2.3", "1.2.2"])
def test_any_other_number_is_a_conflict(cast: Cast, stated: str) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop, version="1.2.3")
    open_next(cast.editor, sop, "minor")
    before = everything()

    response = cast.editor.client.post(address(sop, "publish/"), {"version": stated})

    body = refused(response, 409, "version_conflict")
    assert (body["current"], body["allowed"]) == ("1.2.3", ["2.0.0", "1.3.0", "1.2.4"])
    assert everything() == before


def test_numbers_are_ordered_as_numbers_and_counted(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop, version="1.9.0")
    opened = open_next(cast.editor, sop, "minor")
    assert (opened["version"], opened["version_count"], opened["published_version"]) == (
        "1.10.0", 2, "1.9.0",
    )  # fmt: skip
    assert publish(cast.editor, sop)["version_count"] == 2

    listed = cast.viewer.client.get(address(sop, "versions/")).json()["results"]

    shown = ("version", "is_live", "previous_version", "bump")
    assert [[row[name] for name in shown] for row in listed] == [
        ["1.10.0", True, "1.9.0", "minor"],
        ["1.9.0", False, None, "initial"],
    ]
    assert event_types(cast.editor, sop) == [
        "SopCreated", "SopPublished", "SopVersionCreated", "SopDraftOpened", "SopPublished",
        "SopVersionCreated",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"title": "N"}, {"content": "N"}, {"summary": "N"}, {"category": "N"}]
)
def test_a_changed_text_opens_the_next_draft_once(cast: Cast, change: dict[str, str]) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop)

    first = cast.editor.client.patch(address(sop), change).json()
    second = cast.editor.client.patch(address(sop), {"title": "Again", "bump": "major"}).json()

    shown = ("version", "status", "version_count", "published_version", "revision")
    assert [first[name] for name in shown] == ["1.1.0", "draft", 2, "1.0.0", 3]
    assert [second[name] for name in shown] == ["1.1.0", "draft", 2, "1.0.0", 4]
    assert event_types(cast.editor, sop)[3:] == ["SopDraftOpened", "SopUpdated", "SopUpdated"]
    published = cast.viewer.client.get(address(sop, "versions/published/")).json()["content"]
    assert (published["title"], published["content"]) == (sop.title, sop.content)


@pytest.mark.parametrize(("bump", "number"), [("major", "2.0.0"), ("patch", "1.0.1")])
def test_the_bump_sent_along_chooses_the_number(cast: Cast, bump: str, number: str) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop)

    body = cast.editor.client.patch(address(sop), {"content": "New.", "bump": bump}).json()

    assert (body["version"], body["status"]) == (number, "draft")


def test_tags_and_metadata_of_a_published_text_open_nothing(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop)

    changes = {"tags": ["x"], "metadata": {"k": 1}, "audience": "All", "title": sop.title}
    body = cast.editor.client.patch(address(sop), changes).json()

    assert (body["status"], body["version"], body["tags"]) == ("published", "1.0.0", ["x"])
    assert event_types(cast.editor, sop)[3:] == ["SopUpdated"]


def test_a_snapshot_cannot_be_changed(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop)

    with scope(cast.owner.actor):
        with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
            SopVersion.objects.update(notes="forged")
        assert SopVersion.objects.get().notes == ""


def test_a_rollback_brings_content_back_into_the_open_draft(cast: Cast) -> None:
    other = make_sop(cast.editor, title="Other")
    sop = make_sop(cast.editor, content="See [[Other]].", tags=["a"], prerequisites=[other.pk])
    publish(cast.editor, sop)
    client = cast.editor.client
    changed = {"content": "Nothing.", "title": "T", "tags": [], "prerequisites": []}
    assert client.patch(address(sop), changed).status_code == 200

    body = client.post(address(sop, "versions/1.0.0/rollback/")).json()

    assert (body["content"], body["title"], body["tags"]) == (sop.content, sop.title, ["a"])
    assert (body["prerequisites"], body["version"]) == ([str(other.pk)], "1.1.0")
    told = [event for event in events(cast.editor, sop) if event[0] == "SopRolledBack"]
    assert told == [("SopRolledBack", {"restored_version": "1.0.0", "version": "1.1.0"})]
    references = client.get(address(sop, "references/")).json()["results"]
    assert references[0]["target"]["id"] == str(other.pk)

    before = everything()
    assert client.post(address(sop, "versions/1.0.0/rollback/")).status_code == 200
    refused(client.post(address(sop, "versions/9.0.0/rollback/")), 404, "not_found")
    assert everything() == before


def test_a_rollback_needs_an_open_draft(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    publish(cast.editor, sop)
    before = everything()

    answer = cast.editor.client.post(address(sop, "versions/1.0.0/rollback/"))

    assert refused(answer, 409, "invalid_transition")["current"] == "published"
    assert everything() == before


def test_versions_are_compared(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Old", content="one\ntwo", tags=["a"])
    publish(cast.editor, sop)
    cast.editor.client.patch(address(sop), {"title": "New", "content": "one\nthree\nfour"})

    body = cast.viewer.client.get(address(sop, "versions/compare/?from=1.0.0&to=draft")).json()

    assert (body["from"], body["to"]) == ("1.0.0", "draft")
    assert body["fields"]["title"] == {"old": "Old", "new": "New"}
    assert "content" not in body["fields"] and "tags" not in body["fields"]
    assert (body["added_lines"], body["removed_lines"]) == (2, 1)
    assert "-two\n+three\n+four" in body["text_diff"]


def test_a_comparison_names_what_is_missing_malformed_or_unknown(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    client = cast.viewer.client

    missing = client.get(address(sop, "versions/compare/"))
    assert faults(missing) == {("?from", "required"), ("?to", "required")}
    wrong = client.get(address(sop, "versions/compare/?from=draft&to=1.0"))
    assert faults(wrong) == {("?to", "invalid_version")}
    refused(client.get(address(sop, "versions/compare/?from=draft&to=1.0.0")), 404, "not_found")


def test_readers_choose_the_version_they_read(cast: Cast) -> None:
    sop = make_sop(cast.editor, content="# Old\n\nx")
    publish(cast.editor, sop)
    cast.editor.client.patch(address(sop), {"content": "# New\n\ny"})
    client = cast.viewer.client

    for query, title in (("", "New"), ("?version=published", "Old"), ("?version=01.0.0", "Old")):
        assert client.get(address(sop, f"toc/{query}")).json()[0]["title"] == title
        assert f">{title}</h1>" in client.get(address(sop, f"render/{query}")).json()["html"]
    refused(client.get(address(sop, "toc/?version=2.0.0")), 404, "not_found")
    assert faults(client.get(address(sop, "render/?version=2"))) == {
        ("?version", "invalid_version")
    }
    refused(client.get(address(make_sop(cast.editor), "toc/?version=published")), 404, "not_found")


def test_archiving_is_for_good_and_hides_from_lists(cast: Cast) -> None:
    sop, kept = make_sop(cast.editor, category="Old"), make_sop(cast.editor)
    client = cast.editor.client

    body = client.post(address(sop, "archive/"), {"reason": "Replaced."}).json()

    assert body["status"] == "archived"
    assert events(cast.editor, sop)[1] == (
        "SopArchived",
        {
            "name": sop.title,
            "version": "1.0.0",
            "previous_status": "draft",
            "reason": "Replaced.",
        },
    )

    def listed(query: str = "") -> set[str]:
        return {row["id"] for row in client.get(SOPS + query).json()["results"]}

    assert listed() == {str(kept.pk)}
    assert listed("?include_archived=true") == {str(kept.pk), str(sop.pk)}
    assert listed("?status=archived") == {str(sop.pk)}
    categories = client.get(f"{SOPS}categories/").json()["results"]
    assert "Old" not in {row["category"] for row in categories}
    assert client.get(address(sop)).status_code == 200
    assert client.get(address(sop, "render/")).status_code == 200
    assert client.patch(address(sop), {"tags": ["x"], "metadata": {}}).status_code == 200


@pytest.mark.parametrize(
    ("status", "method", "path", "body"),
    [
        ("archived", "post", "publish/", {}),
        ("archived", "post", "publish/", {"notes": 5}),
        ("archived", "post", "versions/", {"bump": "x"}),
        ("archived", "post", "archive/", {"reason": 5}),
        ("archived", "patch", "", {"title": "New"}),
        ("archived", "patch", "", {"title": "", "tags": ["x"]}),
        ("archived", "patch", "", {"tags": ["x"], "category": "New"}),
        ("archived", "delete", "", {}),
        ("published", "post", "publish/", {"version": "nonsense"}),
        ("draft", "post", "versions/", {"bump": "x"}),
        ("draft", "post", "restore/", {}),
    ],
)
def test_the_state_forbids_before_values_are_looked_at(
    cast: Cast, status: str, method: str, path: str, body: dict[str, Any]
) -> None:
    sop = make_sop(cast.owner)
    if status == "published":
        publish(cast.owner, sop)
    if status == "archived":
        cast.owner.client.post(address(sop, "archive/"))
    before = everything()

    response = getattr(cast.owner.client, method)(address(sop, path), body)

    assert refused(response, 409, "invalid_transition")["current"] == status
    assert everything() == before


def test_a_stale_revision_is_refused_after_permission_and_before_all_else(cast: Cast) -> None:
    sop = make_sop(cast.owner)
    cast.owner.client.patch(address(sop), {"tags": ["x"]})
    before = everything()
    stale = {"HTTP_IF_MATCH": '"1"'}
    bad = {"title": "", "bump": "x", "notes": 5}

    for method, path in (
        ("patch", ""), ("put", ""), ("delete", ""), ("post", "publish/"), ("post", "archive/"),
        ("post", "versions/"), ("post", "versions/1.0.0/rollback/"), ("post", "restore/"),
    ):  # fmt: skip
        call = getattr(cast.owner.client, method)
        assert (
            refused(call(address(sop, path), bad, **stale), 412, "revision_conflict")[
                "current_revision"
            ]
            == 2
        )
        viewer = getattr(cast.viewer.client, method)(address(sop, path), bad, **stale)
        assert viewer.status_code == (404 if path == "restore/" else 403)
    assert everything() == before

    fresh = cast.owner.client.patch(address(sop), {"title": "T"}, HTTP_IF_MATCH='"2"')
    assert (fresh.status_code, fresh["ETag"]) == (200, '"3"')
    malformed = cast.owner.client.patch(address(sop), {"title": "T"}, HTTP_IF_MATCH="3")
    assert malformed.status_code == 400


def test_what_is_known_already_is_not_sent_again(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    client = cast.viewer.client

    known = client.get(address(sop), HTTP_IF_NONE_MATCH='"1"')
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", '"1"')
    cast.editor.client.patch(address(sop), {"title": "T"})
    changed = client.get(address(sop), HTTP_IF_NONE_MATCH='"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')


def test_looking_is_noted_without_a_new_revision(cast: Cast) -> None:
    sop = make_sop(cast.editor)
    assert sop.last_viewed_at is None

    cast.viewer.client.get(address(sop))

    seen = reread(cast.editor, sop)
    assert seen.last_viewed_at is not None
    assert (seen.revision, seen.updated_at) == (1, sop.updated_at)


def link(person: Person, source: Sop, target: Sop, origin: LinkOrigin) -> None:
    with scope(person.actor):
        nodes = {
            node.entity_id: node
            for node in NodeMetadata.objects.filter(entity_id__in=[source.pk, target.pk])
        }
        NodeLink.objects.create(
            organization=person.organization, source=nodes[source.pk], target=nodes[target.pk],
            source_feature="knowledge-base", source_entity_id=source.pk,
            target_feature="knowledge-base", target_entity_id=target.pk,
            link_type="documents", origin=origin,
        )  # fmt: skip


def test_what_others_rely_on_is_not_deleted(cast: Cast) -> None:
    sop, other = make_sop(cast.owner), make_sop(cast.owner)
    dependent = make_sop(cast.owner, prerequisites=[sop.pk])
    link(cast.owner, other, sop, LinkOrigin.MANUAL)
    before = everything()

    body = refused(cast.owner.client.delete(address(sop)), 409, "in_use")

    assert sorted(body["users"], key=str) == sorted(
        [
            {"kind": "prerequisite", "feature": "knowledge-base", "entity_id": str(dependent.pk)},
            {"kind": "documents", "feature": "knowledge-base", "entity_id": str(other.pk)},
        ],
        key=str,
    )
    assert everything() == before
    assert cast.owner.client.post(address(sop, "archive/")).status_code == 200


def test_references_and_links_of_runs_do_not_keep_an_sop(cast: Cast) -> None:
    sop = make_sop(cast.owner, title="Target")
    source = make_sop(cast.owner, content="[[Target]]")
    link(cast.owner, source, sop, LinkOrigin.RUNTIME)

    response = cast.owner.client.delete(address(sop) + "?reason=Old")

    assert response.status_code == 204
    assert events(cast.owner, sop)[1] == (
        "SopDeleted",
        {"name": "Target", "status": "draft", "version": "1.0.0", "reason": "Old"},
    )


def test_deletion_hides_and_restoring_brings_everything_back(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Target", content="Restart the quokka.")
    source = make_sop(cast.editor, title="Source", content="[[Target]]")
    publish(cast.editor, sop)
    admin = cast.admin.client
    assert cast.editor.client.delete(address(sop)).status_code == 204

    assert admin.get(address(sop)).status_code == 404
    assert [row["id"] for row in admin.get(SOPS).json()["results"]] == [str(source.pk)]
    assert admin.get(f"{SOPS}search/?q=quokka&mode=text").json()["count"] == 0
    assert admin.get(f"{SOPS}dangling/").json()["count"] == 1
    deleted = admin.get(f"{SOPS}?deleted=true").json()["results"]
    assert [row["id"] for row in deleted] == [str(sop.pk)]
    assert admin.get(address(sop) + "?deleted=true").json()["deleted_at"]
    refused(cast.editor.client.get(f"{SOPS}?deleted=true"), 403, "permission_denied")
    refused(cast.editor.client.post(address(sop, "restore/")), 404, "not_found")

    body = admin.post(address(sop, "restore/")).json()

    assert (body["status"], body["published_version"], body["deleted_at"]) == (
        "published", "1.0.0", None,
    )  # fmt: skip
    assert event_types(cast.editor, sop)[-2:] == ["SopDeleted", "SopRestored"]
    assert admin.get(f"{SOPS}search/?q=quokka&mode=text").json()["count"] == 1
    assert admin.get(f"{SOPS}dangling/").json()["count"] == 0
    [back] = admin.get(address(sop, "backlinks/")).json()["results"]
    assert back["sop"]["id"] == str(source.pk)
    with scope(cast.admin.actor):
        assert NodeLink.objects.visible_to(cast.admin.actor).arriving_at(
            "knowledge-base", sop.pk
        ).count() == 1  # fmt: skip


@pytest.mark.parametrize(
    ("ago", "status"),
    [
        (timedelta(days=30, hours=23), 200),
        (timedelta(days=31, seconds=1), 409),
    ],
)
def test_the_recovery_window_ends_after_its_last_day(
    cast: Cast, settings: Settings, ago: timedelta, status: int
) -> None:
    assert settings.RECOVERY_WINDOW_DAYS == 30
    sop = make_sop(cast.editor)
    cast.editor.client.delete(address(sop))
    with scope(cast.admin.actor):
        Sop.all_objects.filter(pk=sop.pk).update(deleted_at=timezone.now() - ago)
    before = everything()

    response = cast.admin.client.post(address(sop, "restore/"))

    assert response.status_code == status
    if status == 409:
        assert refused(response, 409, "recovery_expired")["escalation"] == "administrator_review"
        assert everything() == before


def test_events_tell_contents_by_their_hash(cast: Cast) -> None:
    sop = make_sop(cast.editor, content="old secret")

    cast.editor.client.patch(
        address(sop), {"content": "new secret"}, HTTP_X_REQUEST_ID="request-1234"
    )

    _, (name, data) = events(cast.editor, sop)
    assert name == "SopUpdated"
    assert data["changes"].keys() == {"content"}
    old, new = data["changes"]["content"]["old"], data["changes"]["content"]["new"]
    assert old.startswith("sha256:") and new.startswith("sha256:") and old != new
    assert "secret" not in str(data)
