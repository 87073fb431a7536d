"""Commands that load the demonstration of an invented company."""

from typing import Any

from accounts.actors import Actor
from accounts.management.tenant import TenantCommand
from accounts.models import Organization
from accounts.tenancy import system_scope

DEFAULT_ORGANIZATION = "acme"


class DemoCommand(TenantCommand):
    """Base of commands that load a part of the demonstration; what is there is left alone."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing, unless the organisation that is meant is not there."""
        slug = options["organization"] or DEFAULT_ORGANIZATION
        if not options["organization"] and not _exists(slug):
            self.stdout.write(f"There is no organisation {slug}; nothing was loaded.")
            return
        self.load(self.find_actor(organization=slug, email=options["email"]))

    def load(self, actor: Actor) -> None:
        """Load what is missing in the actor's organisation, and print what was done."""
        raise NotImplementedError


def _exists(slug: str) -> bool:
    with system_scope():
        return Organization.objects.filter(slug=slug).exists()
