"""The trail as operators see it."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from accounts.tenancy import scope, system_scope
from knowledge_base.services.sops import publish_sop, update_sop
from node_links.audit.differences import Difference, TextLine, differences
from node_links.models import AuditLog
from tests.factories import Cast, UserFactory, make_sop
from tests.node_links.audit.conftest import last, trail

LIST = "admin:node_links_auditlog_changelist"


@pytest.fixture
def page(db: None) -> Client:
    """Return an operator's browser."""
    operator = UserFactory.create(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    return client


def read(page: Client, row: AuditLog) -> str:
    answer = page.get(reverse("admin:node_links_auditlog_change", args=[row.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_change_is_shown_field_by_field_and_line_by_line(cast: Cast, page: Client) -> None:
    sop = make_sop(cast.editor, title="Start <it>", content="# A\n\nfirst\n\nlast")
    values = {"title": "Stop it", "content": "# A\n\nsecond\n\nlast"}
    with scope(cast.admin.actor):
        update_sop(actor=cast.admin.actor, pk=sop.pk, values=values)

    shown = read(page, last(sop.pk))

    assert '<td class="nl-removed">Start &lt;it&gt;</td>' in shown
    assert '<td class="nl-added">Stop it</td>' in shown
    assert '<td class="nl-sign">−</td><td class="nl-text">first</td>' in shown
    assert '<td class="nl-sign">+</td><td class="nl-text">second</td>' in shown
    assert reverse("admin:knowledge_base_sop_change", args=[sop.pk]) in shown
    assert cast.admin.user.email in shown


def test_an_act_is_named(cast: Cast, page: Client) -> None:
    sop = make_sop(cast.editor)
    with scope(cast.admin.actor):
        publish_sop(actor=cast.admin.actor, pk=sop.pk, notes="Checked by two.")

    for row in trail(event_type="SopPublished"):
        shown = read(page, row)
        assert "SopPublished" in shown
        assert "Checked by two." in shown


def test_the_list_says_what_changed_and_is_narrowed(cast: Cast, page: Client) -> None:
    sop = make_sop(cast.editor, title="Start the pump")
    with scope(cast.editor.actor):
        update_sop(
            actor=cast.editor.actor,
            pk=sop.pk,
            values={"category": "IT", "author": "x", "audience": "y", "complexity": "simple"},
        )
    loner = UserFactory.create(name="Loner")

    whole = page.get(reverse(LIST)).content.decode()
    assert "audience, author, category, complexity …" in whole
    assert "Start the pump" in whole
    assert loner.name in whole
    found = page.get(reverse(LIST), {"q": str(sop.pk), "operation": "UPDATE"}).content.decode()
    assert "audience, author" in found
    assert "Start the pump" not in found
    assert loner.name not in found


def test_rows_of_what_is_gone_are_shown(page: Client) -> None:
    with system_scope():
        gone = Organization.objects.create(name="Gone", slug="gone")
        key = gone.pk
        gone.delete()

    shown = read(page, last(key))
    assert '<td class="nl-removed">Gone</td>' in shown


@pytest.mark.parametrize("path", ["add", "delete", "change"])
def test_nothing_is_written_here(cast: Cast, page: Client, path: str) -> None:
    row, before = trail()[0], trail()
    arguments = [] if path == "add" else [row.pk]

    answer = page.post(reverse(f"admin:node_links_auditlog_{path}", args=arguments), {"post": "y"})

    assert answer.status_code == 403
    assert trail() == before


def test_differences_leave_out_what_is_empty() -> None:
    made = AuditLog(operation="INSERT", new_data={"a": "x", "b": None, "c": [], "d": {"e": 1}})
    assert differences(made) == [
        Difference("a", "–", "x"),
        Difference("d", "–", '{\n  "e": 1\n}'),
    ]
    changed = AuditLog(
        operation="UPDATE",
        old_data={"a": "one\ntwo\nthree\nfour", "b": 0, "c": "same"},
        new_data={"a": "one\ntwo\nthree\n4", "b": None, "c": "same"},
        changed_fields=["a", "b"],
    )
    assert differences(changed) == [
        Difference(
            "a",
            "",
            "",
            (
                TextLine("skip", "@@ -2,3 +2,3 @@"),
                TextLine("same", "two"),
                TextLine("same", "three"),
                TextLine("removed", "four"),
                TextLine("added", "4"),
            ),
        ),
        Difference("b", "0", "–"),
    ]
    assert differences(AuditLog(operation="ACCESS", record_id=str(uuid4()))) == []
