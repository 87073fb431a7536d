"""`manage.py load_demo_spindles`: what runs by itself at the invented company."""

from pathlib import Path
from typing import Any

import orjson
from django.db import transaction

from accounts.actors import Actor
from accounts.management.demo import DemoCommand
from accounts.tenancy import scope
from config.exceptions import Conflict
from spindles.models import Spindle
from spindles.services.publishing import publish_spindle
from spindles.services.spindles import create_spindle

DEMO = Path(__file__).parents[2] / "demo"


class Command(DemoCommand):
    """Create the demonstration's spindles and publish them; what is there is left alone."""

    help = (
        "Load the spindles of the invented Acme Instruments and publish them. One that was loaded "
        "before is left as it is, changed or deleted, so that nobody's work is undone."
    )

    def load(self, actor: Actor) -> None:
        """Load what is missing and print what was done."""
        definitions = demo_spindles()
        with scope(actor):
            missing = _missing(actor, definitions)
            published = sum(_load(actor, definition) for definition in missing)
        unchanged = len(definitions) - len(missing)
        self.stdout.write(f"{len(missing)} created, {published} published, {unchanged} unchanged")


def demo_spindles() -> list[dict[str, Any]]:
    """Return the demonstration's spindles as the API takes them."""
    return [orjson.loads(path.read_bytes()) for path in sorted(DEMO.glob("*.json"))]


def _missing(actor: Actor, definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = [definition["slug"] for definition in definitions]
    rows = Spindle.all_objects.visible_to(actor).filter(slug__in=wanted)
    known = set(rows.values_list("slug", flat=True))
    return [definition for definition in definitions if definition["slug"] not in known]


def _load(actor: Actor, definition: dict[str, Any]) -> bool:
    """Create and publish a spindle; one whose pages somebody has taken away stays a draft."""
    spindle = create_spindle(actor=actor, **definition)
    try:
        with transaction.atomic():
            publish_spindle(actor=actor, pk=spindle.pk, notes="The demonstration")
    except Conflict:
        return False
    return True
