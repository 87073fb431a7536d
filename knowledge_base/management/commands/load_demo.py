"""`manage.py load_demo`: the handbook of an invented company, to look around in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from accounts.actors import Actor
from accounts.management.tenant import TenantCommand
from accounts.models import Organization
from accounts.tenancy import scope, system_scope
from knowledge_base.management.demo_links import link_demo
from knowledge_base.models import Sop
from knowledge_base.services.importing import import_collection
from knowledge_base.sources.collection import Collection
from knowledge_base.sources.folder import read_folder

DEMO = Path(__file__).parents[2] / "demo"
DEFAULT_ORGANIZATION = "acme"


class Command(TenantCommand):
    """Import the demonstration content and publish it; what is there already is left alone."""

    help = (
        "Load the handbook of the invented Acme Instruments as published SOPs. A page that was "
        "loaded before is left as it is, changed or deleted, so that nobody's work is undone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing and print what was done."""
        slug = options["organization"] or DEFAULT_ORGANIZATION
        if not options["organization"] and not _exists(slug):
            self.stdout.write(f"There is no organisation {slug}; nothing was loaded.")
            return
        actor = self.find_actor(organization=slug, email=options["email"])
        collection = read_folder(DEMO)
        with scope(actor):
            missing = _missing(actor, collection)
            self.stdout.write(f"{len(missing)} created, {len(collection) - len(missing)} unchanged")
            if missing:
                report = import_collection(actor=actor, collection=missing, publish=True)
                self.stdout.write(f"{report.references} references, {report.dangling} dangling")
                made = link_demo(actor=actor, loaded={file.path for file in missing})
                self.stdout.write(f"{made} links by hand")


def _exists(slug: str) -> bool:
    with system_scope():
        return Organization.objects.filter(slug=slug).exists()


def _missing(actor: Actor, collection: Collection) -> Collection:
    rows = Sop.all_objects.visible_to(actor).filter(
        source_path__in=[file.path for file in collection]
    )
    known = set(rows.values_list("source_path", flat=True))
    return replace(collection, files=tuple(file for file in collection if file.path not in known))
