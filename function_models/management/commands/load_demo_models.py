"""`manage.py load_demo_models`: how the invented company works, after the handbook it works by."""

from pathlib import Path

from django.db import transaction

from accounts.actors import Actor
from accounts.management.demo import DemoCommand
from accounts.tenancy import scope
from config.exceptions import Conflict
from function_models.exchange.formats import read_model
from function_models.exchange.record import ModelRecord
from function_models.models import FunctionModel
from function_models.services.exchange.importing import import_records
from function_models.services.exchange.report import ImportedModel, ImportReport
from function_models.services.publishing import publish_model

DEMO = Path(__file__).parents[2] / "demo"


class Command(DemoCommand):
    """Import the demonstration's models and publish them; what is there is left alone."""

    help = (
        "Load the processes of the invented Acme Instruments as published models. One that was "
        "loaded before is left as it is, changed or deleted, so that nobody's work is undone."
    )

    def load(self, actor: Actor) -> None:
        """Load what is missing and print what was done."""
        records = demo_models()
        with scope(actor):
            missing = _missing(actor, records)
            self.stdout.write(f"{len(missing)} created, {len(records) - len(missing)} unchanged")
            if missing:
                report = ImportReport(dry_run=False, files=len(missing), ignored=0)
                import_records(actor=actor, records=missing, report=report)
                published = sum(_publish(actor, model) for model in report.models)
                self.stdout.write(f"{published} published, {report.dangling} dangling ends")


def demo_models() -> list[ModelRecord]:
    """Return the demonstration's models."""
    return [read_model(path.name, path.read_bytes()) for path in sorted(DEMO.glob("*.json"))]


def _missing(actor: Actor, records: list[ModelRecord]) -> list[ModelRecord]:
    wanted = [record.external_id for record in records]
    rows = FunctionModel.all_objects.visible_to(actor).filter(external_id__in=wanted)
    known = set(rows.values_list("external_id", flat=True))
    return [record for record in records if record.external_id not in known]


def _publish(actor: Actor, model: ImportedModel) -> bool:
    """Publish a model; one whose pages somebody has taken away stays a draft."""
    if model.id is None:
        return False
    try:
        with transaction.atomic():
            publish_model(actor=actor, pk=model.id, notes="The demonstration")
    except Conflict:
        return False
    return True
