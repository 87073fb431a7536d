"""Commands that work inside one organisation."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import Membership
from accounts.tenancy import system_scope


class TenantCommand(BaseCommand):
    """Base of commands with `--organization` and `--as`."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Let the operator choose whose rows and in whose name."""
        parser.add_argument(
            "--organization", metavar="SLUG", help="which organisation; needed if there are several"
        )
        parser.add_argument(
            "--as", dest="email", metavar="EMAIL", help="act as this member (default: the owner)"
        )

    def find_actor(self, *, organization: str | None, email: str | None) -> Actor:
        """Return the member in whose name the command works. Raises `CommandError`."""
        with system_scope():
            rows = Membership.objects.select_related("organization").order_by("created_at")
            if organization:
                rows = rows.filter(organization__slug=organization)
            slugs = sorted({row.organization.slug for row in rows})
            if len(slugs) > 1:
                raise CommandError(f"Which one? --organization takes {', '.join(slugs)}.")
            rows = rows.filter(user__is_active=True)
            rows = rows.filter(user__email=email.lower()) if email else rows.owners()
            member = rows.first()
        if member is None:
            raise CommandError(
                "No such organisation or member. `manage.py bootstrap` makes the first ones."
            )
        return Actor(member.user_id, member.organization_id, member.role)
