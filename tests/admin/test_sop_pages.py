"""Operators read, write and move SOPs; every write is a service's."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop, SopReference
from knowledge_base.services.sops import archive_sop, update_sop
from node_links.models import DirtyNode, NodeEvent, NodeLink, NodeMetadata, Saga
from node_links.sagas.running import run_saga
from node_links.search.backlog import drain
from tests.admin.conftest import World
from tests.factories import make_sop

LIST = "/admin/knowledge_base/sop/"


def _form(sop: Sop, **changed: Any) -> dict[str, Any]:
    values = {
        "title": sop.title, "summary": sop.summary or "", "content": sop.content,
        "category": sop.category or "", "tags": ",".join(sop.tags),
        "content_type": sop.content_type, "complexity": sop.complexity or "",
        "audience": sop.audience or "", "author": sop.author or "",
        "search_keywords": ",".join(sop.search_keywords), "searchable": "on",
        "aliases": ",".join(sop.aliases), "prerequisites": "", "metadata": "{}",
        "permissions": "{}", "seen_revision": sop.revision, "_continue": "1",
    }  # fmt: skip
    return values | changed


def _fresh(sop: Sop) -> Sop:
    with system_scope():
        return Sop.all_objects.get(pk=sop.pk)


def _events(sop: Sop) -> list[str]:
    with system_scope():
        rows = NodeEvent.objects.filter(entity_id=sop.pk).order_by("sequence")
        return list(rows.values_list("event_type", flat=True))


def _change(sop: Sop) -> str:
    return reverse("admin:knowledge_base_sop_change", args=[sop.pk])


def _run(page: Client, action: str, *sops: Sop) -> Any:
    data = {"action": action, "_selected_action": [str(sop.pk) for sop in sops]}
    return page.post(LIST + "?deleted=any", data, follow=True)


def _open(page: Client, sop: Sop, name: str) -> str:
    return page.get(reverse(f"admin:knowledge_base_sop_{name}", args=[sop.pk])).content.decode()


def _dialogue(page: Client, sop: Sop, name: str, **fields: str) -> Any:
    address = reverse(f"admin:knowledge_base_sop_{name}", args=[sop.pk])
    return page.post(address, {"_form_submitted": "True", **fields})


def test_saving_a_change_goes_through_the_service(
    page: Client, world: World, operator: User
) -> None:
    answer = page.post(_change(world.backup), _form(
        world.backup, content="# Back up\r\n\r\nSee [[Restart the mail server]].", tags="a, b"
    ))  # fmt: skip

    assert answer.status_code == 302
    sop = _fresh(world.backup)
    assert sop.content == "# Back up\n\nSee [[Restart the mail server]]."
    assert (sop.tags, sop.revision) == (["a", "b"], world.backup.revision + 1)
    with system_scope():
        event = NodeEvent.objects.filter(entity_id=sop.pk, event_type="SopUpdated").get()
        assert (event.user_id, event.organization_id) == (operator.pk, sop.organization_id)
        assert sorted(event.data["changes"]) == ["content", "tags"]
        assert SopReference.objects.filter(sop=sop).count() == 1
        assert DirtyNode.objects.filter(node__entity_id=sop.pk).exists()


def test_saving_without_a_change_leaves_no_trace(page: Client, world: World) -> None:
    before = _events(world.backup)

    assert page.post(_change(world.backup), _form(world.backup)).status_code == 302

    assert _fresh(world.backup).revision == world.backup.revision
    assert _events(world.backup) == before


def test_a_stale_form_is_refused_and_keeps_what_was_typed(page: Client, world: World) -> None:
    actor = world.cast.owner.actor
    with scope(actor):
        update_sop(actor=actor, pk=world.backup.pk, values={"summary": "Theirs"})
    typed = _form(world.backup, content="What I typed for an hour", summary="Mine")

    answer = page.post(_change(world.backup), typed)

    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "moved on to revision 2" in shown
    assert "What I typed for an hour" in shown
    assert "Save over it" in shown
    assert _fresh(world.backup).summary == "Theirs"

    assert page.post(_change(world.backup), typed | {"overwrite": "on"}).status_code == 302
    assert _fresh(world.backup).summary == "Mine"


def test_a_refusal_stands_beside_its_field(page: Client, world: World) -> None:
    stranger = str(world.cast.stranger.user.pk)
    wrong = _form(world.backup, permissions=f'{{"editors": ["{stranger}"]}}', title="Changed")

    answer = page.post(_change(world.backup), wrong)

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {
        "permissions": ["This is not a member of the organisation."]
    }
    assert _fresh(world.backup).title == world.backup.title


@pytest.mark.parametrize(
    ("field", "value"),
    [("metadata", "[1]"), ("metadata", "{"), ("title", ""), ("content", "x" * (1024 * 1024 + 1)),
     ("prerequisites", "not-an-id")],
)  # fmt: skip
def test_wrong_values_are_refused(page: Client, world: World, field: str, value: str) -> None:
    answer = page.post(_change(world.backup), _form(world.backup, **{field: value}))

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert _fresh(world.backup).revision == world.backup.revision


def test_a_new_sop_joins_the_graph_of_its_organisation(page: Client, world: World) -> None:
    blank = Sop(title="The missing page", content="# Found")
    data = _form(blank, tenant=str(world.cast.organization.pk))

    assert page.post(reverse("admin:knowledge_base_sop_add"), data).status_code == 302

    with system_scope():
        sop = Sop.objects.get(title="The missing page")
        assert sop.organization_id == world.cast.organization.pk
        assert NodeMetadata.objects.filter(entity_id=sop.pk).count() == 1
        healed = SopReference.objects.get(sop=world.backup, raw_target="The missing page")
        assert healed.target_id == sop.pk
    assert _events(sop) == ["SopCreated"]


def test_an_archived_sop_keeps_its_text(page: Client, world: World) -> None:
    actor = world.cast.owner.actor
    with scope(actor):
        archive_sop(actor=actor, pk=world.backup.pk)
    sop = _fresh(world.backup)

    answer = page.post(_change(sop), _form(sop, content="Another text"))

    assert "It is archived" in answer.content.decode()
    assert _fresh(sop).content == world.backup.content


def test_dialogues_publish_open_archive_delete_and_restore(page: Client, world: World) -> None:
    sop = world.backup

    published = _dialogue(page, sop, "publish", notes="First")
    assert published["HX-Redirect"] == _change(sop)
    assert (_fresh(sop).status, _fresh(sop).published_version) == ("published", "1.0.0")
    _dialogue(page, sop, "open_draft", bump="major")
    assert (_fresh(sop).status, _fresh(sop).version) == ("draft", "2.0.0")
    _dialogue(page, sop, "delete_softly", reason="Twice")
    assert _fresh(sop).deleted_at is not None
    assert "Restore" in page.get(_change(sop)).content.decode()
    assert page.post(_change(sop), _form(sop, title="X")).status_code == 403
    _dialogue(page, sop, "restore")
    assert _fresh(sop).deleted_at is None
    _dialogue(page, sop, "archive")
    assert _fresh(sop).status == "archived"

    moves = [name for name in _events(sop) if name.startswith("Sop")]
    assert moves == [
        "SopCreated",
        "SopPublished",
        "SopVersionCreated",
        "SopDraftOpened",
        "SopDeleted",
        "SopRestored",
        "SopArchived",
    ]


@pytest.mark.parametrize(
    ("dialogue", "saga_name"), [("archive", "archive_sop"), ("delete_softly", "delete_sop")]
)
def test_links_go_too_where_the_dialogue_is_told_so(
    page: Client, world: World, dialogue: str, saga_name: str
) -> None:
    assert "cleanup_links" in _open(page, world.restart, dialogue)
    with system_scope():
        assert NodeLink.objects.filter(target_entity_id=world.restart.pk).exists()

    _dialogue(page, world.restart, dialogue, reason="Old", cleanup_links="on")

    with system_scope():
        saga = Saga.objects.get()
    assert (saga.name, saga.status) == (saga_name, "pending")
    assert _fresh(world.restart).status == "draft"
    outcome = run_saga(saga.pk)
    assert outcome is not None
    assert outcome.saga.status == "completed"
    assert _events(world.restart)[-1] in ("SopArchived", "SopDeleted", "NodeLinkRemoved")
    with system_scope():
        assert not NodeLink.objects.filter(target_entity_id=world.restart.pk).exists()


def test_what_cannot_be_deleted_is_said_in_the_page(page: Client, world: World) -> None:
    with scope(world.cast.owner.actor):
        update_sop(
            actor=world.cast.owner.actor,
            pk=world.backup.pk,
            values={"prerequisites": [world.restart.pk]},
        )

    _dialogue(page, world.restart, "delete_softly", reason="Old", cleanup_links="on")

    assert "Others rely on this SOP" in page.get(_change(world.restart)).content.decode()
    with system_scope():
        assert not Saga.objects.exists()


def test_a_dialogue_is_shown_and_does_nothing_until_it_is_sent(page: Client, world: World) -> None:
    address = reverse("admin:knowledge_base_sop_publish", args=[world.backup.pk])

    assert "Publish the draft" in page.get(address).content.decode()

    assert _fresh(world.backup).status == "draft"
    published = reverse("admin:knowledge_base_sop_open_draft", args=[world.backup.pk])
    assert page.get(published).status_code == 403


def test_actions_of_the_list_tell_what_was_refused(page: Client, world: World) -> None:
    shown = _run(page, "publish_selected", world.restart, world.backup).content.decode()
    assert "Published: 2." in shown

    shown = _run(page, "publish_selected", world.backup, world.foreign).content.decode()
    assert "Published: 1." in shown
    assert "Back up the mail server: Not possible in the state published." in shown

    _run(page, "delete_selected_softly", world.backup)
    assert _fresh(world.backup).deleted_at is not None
    assert world.backup.title not in page.get(LIST).content.decode()
    assert world.backup.title in page.get(LIST + "?deleted=yes").content.decode()
    _run(page, "restore_selected", world.backup)
    assert _fresh(world.backup).deleted_at is None
    _run(page, "archive_selected", world.foreign)
    assert _fresh(world.foreign).status == "archived"


def test_embedding_again_queues_the_nodes(page: Client, world: World) -> None:
    drain()
    with system_scope():
        assert DirtyNode.objects.count() == 0

    _run(page, "embed_again", world.restart, world.foreign)

    with system_scope():
        waiting = set(DirtyNode.objects.values_list("node__entity_id", flat=True))
    assert waiting == {world.restart.pk, world.foreign.pk}


def test_the_export_is_a_zip_that_imports_again(page: Client, world: World) -> None:
    answer = _run(page, "export_markdown", world.restart, world.backup)
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == [
            "back-up-the-mail-server.md", "restart-the-mail-server.md"
        ]  # fmt: skip
        assert "Stop it." in archive.read("restart-the-mail-server.md").decode()

    both = _run(page, "export_markdown", world.restart, world.foreign)
    with zipfile.ZipFile(io.BytesIO(both.content)) as archive:
        slugs = {world.cast.organization.slug, world.cast.stranger.organization.slug}
        assert {name.split("/")[0] for name in archive.namelist()} == slugs


def test_the_list_is_narrowed(page: Client, world: World) -> None:
    def titles(query: str) -> set[str]:
        return {sop.title for sop in page.get(LIST + query).context["cl"].result_list}

    assert titles("?references=dangling") == {world.backup.title}
    assert titles("?references=any") == {world.backup.title}
    assert titles("?published=week") == {world.restart.title}
    assert titles("?published=never") == {world.backup.title, world.foreign.title}
    assert titles("?tag=mail") == {world.restart.title}
    assert titles("?status__exact=draft") == {s.title for s in (
        world.restart, world.backup, world.foreign)}  # fmt: skip
    assert titles("?q=plants") == {world.foreign.title}


def test_the_preview_is_what_readers_see(page: Client, world: World) -> None:
    answer = page.post(
        reverse("admin:knowledge_base_sop_preview"),
        {
            "sop": str(world.backup.pk),
            "content": "# One\n\n[[Restart the mail server]] [[Nothing]] <script>alert(1)</script>",
        },
    ).json()

    assert f'href="{_change(world.restart)}"' in answer["html"]
    assert "dangling-link" in answer["html"]
    assert "<script" not in answer["html"]
    assert (answer["references"], answer["dangling"]) == (2, 1)


def test_the_preview_refuses_what_it_cannot_render(page: Client, world: World) -> None:
    address = reverse("admin:knowledge_base_sop_preview")

    assert page.get(address).status_code == 405
    assert page.post(address, {"content": "x" * (1024 * 1024 + 1)}).status_code == 413
    unknown = page.post(address, {"content": "[[A]]", "sop": "nonsense"})
    assert unknown.json()["dangling"] == 1


def test_versions_are_compared_line_by_line(page: Client, world: World) -> None:
    address = reverse("admin:knowledge_base_sop_compare_versions", args=[world.restart.pk])

    found = page.get(address)

    kinds = [(line.kind, line.text) for line in found.context["lines"]]
    assert ("removed", "Stop it, start it.") in kinds
    assert ("added", "Stop it.") in kinds
    assert (found.context["added"], found.context["removed"]) == (1, 1)
    same = page.get(address + "?from=1.0.0&to=1.0.0")
    assert "The texts are the same." in same.content.decode()
    assert page.get(address + "?from=9.9.9").status_code == 404
    gone = reverse("admin:knowledge_base_sop_compare_versions", args=["nonsense"])
    assert page.get(gone).status_code == 404


def test_changed_fields_stand_beside_each_other(page: Client, world: World) -> None:
    actor = world.cast.owner.actor
    with scope(actor):
        update_sop(actor=actor, pk=world.restart.pk, values={"tags": ["new"], "category": None})
    address = reverse("admin:knowledge_base_sop_compare_versions", args=[world.restart.pk])

    fields = page.get(address).context["fields"]

    assert ("tags", "mail", "new") in fields
    assert ("category", "IT Operations", "–") in fields


@pytest.mark.parametrize("mode", ["text", "semantic", "hybrid"])
def test_the_search_shows_passages_ranks_and_facets(page: Client, world: World, mode: str) -> None:
    drain()
    query = {"q": "restart mail", "mode": mode, "organization": str(world.cast.organization.pk)}

    found = page.get(reverse("admin:knowledge_base_sop_search"), query)

    shown = found.content.decode()
    assert world.restart.title in shown
    assert "<mark>" in shown
    assert world.foreign.title not in shown
    narrowed = page.get(
        reverse("admin:knowledge_base_sop_search"), {**query, "category": "IT Operations"}
    )
    assert [one.sop.pk for one in narrowed.context["found"]] == [world.restart.pk]
    tagged = page.get(reverse("admin:knowledge_base_sop_search"), {**query, "tags": "mail"})
    assert [one.sop.pk for one in tagged.context["found"]] == [world.restart.pk]


def test_a_search_without_a_query_or_with_a_wrong_one_finds_nothing(
    page: Client, world: World
) -> None:
    address = reverse("admin:knowledge_base_sop_search")

    assert "found" not in page.get(address).context
    assert page.get(address, {"q": "x", "mode": "magic"}).context["form"].errors
    assert "found" not in page.get(address, {"q": "x", "mode": "magic"}).context


def _zip(**files: str) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.md", text)
    return SimpleUploadedFile("x.zip", buffer.getvalue(), "application/zip")


def test_an_import_is_checked_first_and_then_done(page: Client, world: World) -> None:
    address = reverse("admin:knowledge_base_sop_import")
    where = str(world.cast.organization.pk)

    dry = page.post(address, {"organization": where, "file": _zip(a="# A\n\n[[B]]"), "check": "1"})
    assert "Nothing was changed yet." in dry.content.decode()
    assert (dry.context["report"].created, dry.context["report"].dangling) == (1, 1)
    with system_scope():
        assert not Sop.objects.filter(title="A").exists()

    real = page.post(
        address,
        {"organization": where, "file": _zip(a="# A\n\n[[B]]"), "import": "1", "publish": "on"},
    )
    assert "Imported." in real.content.decode()
    with system_scope():
        sop = Sop.objects.get(title="A")
    assert (sop.organization_id, sop.status) == (world.cast.organization.pk, "published")


def test_a_bad_archive_is_refused_by_file(page: Client, world: World) -> None:
    address = reverse("admin:knowledge_base_sop_import")
    data = {"organization": str(world.cast.organization.pk), "import": "1"}

    bad = page.post(address, {**data, "file": _zip(a="---\ntitle: [\n---\n# A", b="# B")})

    assert "Nothing was imported." in bad.content.decode()
    assert [file for file, _ in bad.context["faults"]] == ["a.md"]
    assert page.post(address, data).context["form"].errors
    with system_scope():
        assert not Sop.objects.filter(title="B").exists()


def test_the_change_page_shows_references_backlinks_versions_and_events(
    page: Client, world: World
) -> None:
    make_sop(world.cast.owner, title="Third", content="[[Restart the mail server]]")

    shown = page.get(_change(world.restart)).content.decode()

    assert "Third" in shown
    assert world.backup.title in shown
    assert "SopPublished" in shown
    assert "with the working copy" in shown
    dangling = page.get(_change(world.backup)).content.decode()
    assert "1 of 2 lead nowhere" in dangling
