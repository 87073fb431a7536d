"""The demonstration content, and the command that loads it."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from knowledge_base.management.commands.load_demo import DEMO
from knowledge_base.management.demo_links import LINKS
from knowledge_base.markdown.document import parse
from knowledge_base.models import Sop, SopReference, SopVersion
from knowledge_base.services.sops import delete_sop, update_sop
from knowledge_base.sources.folder import read_folder
from knowledge_base.sources.record import to_record
from node_links.choices import EntityStatus, LinkOrigin
from node_links.models import NodeEvent, NodeLink
from node_links.services.links.removing import delete_link
from tests.factories import OrganizationFactory, Person, make_person

DANGLING = {
    ("Procurement", "Vendor risk review"),
    ("Release process", "feature-flags.md"),
}


def load(organization: str | None = None) -> list[str]:
    output = io.StringIO()
    call_command("load_demo", organization=organization, stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def owner(db: None) -> Person:
    with system_scope():
        acme = OrganizationFactory.create(name="Acme", slug="acme")
    return make_person(Role.OWNER, acme)


def test_every_page_says_what_it_is_and_fits_a_screen_or_two() -> None:
    collection = read_folder(DEMO)
    records = [to_record(file, collection.navigation) for file in collection]

    assert len(records) == 28
    for record in records:
        assert record.summary and record.category and record.tags and record.audience
        assert 90 <= parse(record.content).words <= 700, record.source_path


def test_it_loads_as_published_pages_with_exactly_two_dangling_references(owner: Person) -> None:
    assert load() == [
        "28 created, 0 unchanged", "111 references, 2 dangling", "17 links by hand",
    ]  # fmt: skip

    with scope(owner.actor):
        assert Sop.objects.filter(status=EntityStatus.PUBLISHED).count() == 28
        assert SopVersion.objects.count() == 28
        dangling = SopReference.objects.filter(target=None)
        assert set(dangling.values_list("sop__title", "raw_target")) == DANGLING


def test_every_link_to_a_section_finds_that_section(owner: Person) -> None:
    load()

    with scope(owner.actor):
        deep = SopReference.objects.exclude(fragment="").select_related("target")
        missing = [
            (reference.raw_target, reference.fragment)
            for reference in deep
            if reference.target is None
            or reference.fragment not in {h.anchor for h in reference.target.document.headings}
        ]
        assert deep.count() == 5
    assert missing == []


def test_loading_again_changes_nothing_and_undoes_nobodys_work(owner: Person) -> None:
    load()
    with scope(owner.actor):
        refunds = Sop.objects.get(title="Refunds")
        update_sop(actor=owner.actor, pk=refunds.pk, values={"content": "# Ask Samuel"})
        trip = Sop.objects.get(title="Business trip")
        delete_sop(actor=owner.actor, pk=trip.pk)

    assert load() == ["0 created, 28 unchanged"]

    with scope(owner.actor):
        assert Sop.objects.get(pk=refunds.pk).content == "# Ask Samuel"
        assert Sop.objects.count() == 27


def test_its_pages_are_linked_by_hand_in_the_name_of_the_owner(owner: Person) -> None:
    load()

    with scope(owner.actor):
        made = NodeLink.objects.filter(origin=LinkOrigin.MANUAL)
        assert made.count() == len(LINKS)
        assert set(made.values_list("created_by", flat=True)) == {owner.user.pk}
        created = NodeEvent.objects.filter(event_type="NodeLinkCreated", data__origin="manual")
        assert created.count() == len(LINKS)
        link = made.filter(source__name="Incident response", link_type="triggers").get()
        assert (link.target.name, str(link.base_strength)) == ("Post-incident review", "0.9000")


def test_a_link_that_was_taken_away_stays_away(owner: Person) -> None:
    load()
    with scope(owner.actor):
        link = NodeLink.objects.filter(origin=LinkOrigin.MANUAL).earliest("pk")
        delete_link(actor=owner.actor, pk=link.pk)

    load()

    with scope(owner.actor):
        assert NodeLink.objects.filter(origin=LinkOrigin.MANUAL).count() == len(LINKS) - 1


def test_it_loads_into_the_organisation_that_is_named_and_no_other(owner: Person) -> None:
    other = make_person(Role.OWNER)

    load(other.organization.slug)

    with scope(owner.actor):
        assert Sop.objects.count() == 0
    with scope(other.actor):
        assert Sop.objects.count() == 28


@pytest.mark.django_db
def test_without_the_default_organisation_it_loads_nothing() -> None:
    assert load() == ["There is no organisation acme; nothing was loaded."]

    with pytest.raises(CommandError, match="No such organisation"):
        load("nobody")
