"""`manage.py check_links [--organization SLUG] [--feature F] [--fix]`: is the graph consistent?"""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.markup import escape
from rich.table import Table

from accounts.models import Organization
from node_links.management.organizations import Bars, OrganizationsCommand, console_of
from node_links.services.links.checking import Finding, check_links, check_nodes
from node_links.services.rebuilding import count_entities

SHOWN = 100


class Command(OrganizationsCommand):
    """Compare links, nodes, entities and versions; tell what disagrees, and put it right."""

    help = (
        "Look for links whose address is not that of their node, nodes that are missing or belong "
        "to nothing, and version pins that lead nowhere. Ends with 1 where something is wrong and "
        "was not put right."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the filters and the one act."""
        super().add_arguments(parser)
        parser.add_argument("--fix", action="store_true", help="put right what can be put right")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, show what was found. Raises `CommandError` where something is still wrong."""
        found: list[tuple[Organization, Finding]] = []
        with Bars() as bars:
            for organization, feature in self.each(options):
                label = f"{organization.slug} {feature.feature_type}"
                size = count_entities(feature, organization, with_deleted=True)
                advance = bars.add(label, size)
                for entities, findings in check_nodes(feature, organization, fix=options["fix"]):
                    advance(entities)
                    found += [(organization, finding) for finding in findings]
            for organization in self.chosen_organizations(options["organization"]):
                found += [
                    (organization, finding)
                    for finding in check_links(organization, fix=options["fix"])
                ]
        self._show(found)
        left = sum(not finding.fixed for _, finding in found)
        self.stdout.write(f"{len(found)} findings, {len(found) - left} of them put right.")
        if left:
            raise CommandError(f"{left} findings are left.")

    def _show(self, found: Sequence[tuple[Organization, Finding]]) -> None:
        if not found:
            return
        table = Table("Organisation", "Fault", "Where", "What", "")
        for organization, finding in found[:SHOWN]:
            mark = "[green]put right[/]" if finding.fixed else "[red]left[/]"
            table.add_row(
                organization.slug, finding.fault, finding.subject, escape(finding.message), mark
            )
        console = console_of(self)
        console.print(table)
        if len(found) > SHOWN:
            console.print(f"… and {len(found) - SHOWN} more")
