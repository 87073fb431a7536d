"""`manage.py bootstrap`: the first organisation and its administrator, once."""

import json
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.models import User
from accounts.services import create_organization
from accounts.tenancy import system_scope
from config import env

DEFAULT_EMAIL = "admin@nodeloom.local"


class Command(BaseCommand):
    """Create what an empty installation needs before anybody can sign in."""

    help = (
        "Create the first organisation and an administrator; does nothing where users exist. "
        "NODELOOM_ADMIN_EMAIL and NODELOOM_ADMIN_PASSWORD say who; without a password one is "
        "made up and printed once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Let the caller name the organisation."""
        parser.add_argument("--organization", default="Acme", help="name of the organisation")
        parser.add_argument("--slug", default="acme", help="its slug, sent as X-Organization")
        parser.add_argument("--json", action="store_true", help="print the result for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create user and organisation together."""
        created = _create(options["organization"], options["slug"])
        if options["json"]:
            self.stdout.write(json.dumps(created))
        elif created is None:
            self.stdout.write("There are users already; nothing to do.")
        else:
            shown = created["password"] or "the one in NODELOOM_ADMIN_PASSWORD"
            self.stdout.write(f"Administrator: {created['email']}\nPassword: {shown}")


def _create(organization: str, slug: str) -> dict[str, str | None] | None:
    """Return the address and the password made up for it; None where users exist already."""
    with system_scope():
        if User.objects.exists():
            return None
        email = env.text("ADMIN_EMAIL", DEFAULT_EMAIL)
        given = env.text("ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        admin = User.objects.create_superuser(email, password, name="Administrator")
        create_organization(name=organization, slug=slug, owner=admin)
    return {"email": admin.email, "password": None if given else password}
