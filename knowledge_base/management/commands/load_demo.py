"""`manage.py load_demo`: the handbook of an invented company, to look around in."""

from dataclasses import replace
from pathlib import Path

from accounts.actors import Actor
from accounts.management.demo import DemoCommand
from accounts.tenancy import scope
from knowledge_base.management.demo_links import link_demo
from knowledge_base.models import Sop
from knowledge_base.services.importing import import_collection
from knowledge_base.sources.collection import Collection
from knowledge_base.sources.folder import read_folder

DEMO = Path(__file__).parents[2] / "demo"


class Command(DemoCommand):
    """Import the demonstration content and publish it; what is there already is left alone."""

    help = (
        "Load the handbook of the invented Acme Instruments as published SOPs. A page that was "
        "loaded before is left as it is, changed or deleted, so that nobody's work is undone."
    )

    def load(self, actor: Actor) -> None:
        """Load what is missing and print what was done."""
        collection = read_folder(DEMO)
        with scope(actor):
            missing = _missing(actor, collection)
            self.stdout.write(f"{len(missing)} created, {len(collection) - len(missing)} unchanged")
            if missing:
                report = import_collection(actor=actor, collection=missing, publish=True)
                self.stdout.write(f"{report.references} references, {report.dangling} dangling")
                made = link_demo(actor=actor, loaded={file.path for file in missing})
                self.stdout.write(f"{made} links by hand")


def _missing(actor: Actor, collection: Collection) -> Collection:
    rows = Sop.all_objects.visible_to(actor).filter(
        source_path__in=[file.path for file in collection]
    )
    known = set(rows.values_list("source_path", flat=True))
    return replace(collection, files=tuple(file for file in collection if file.path not in known))
