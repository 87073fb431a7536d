"""`manage.py show_links FEATURE:ENTITY[/NODE]`: the links of an entity or node, as a tree."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.text import Text
from rich.tree import Tree

from accounts.tenancy import system_scope
from node_links.management.organizations import console_of
from node_links.models import LinkDrift, NodeLink, NodeLinkType, NodeMetadata
from node_links.querysets import LinkQuerySet

DEFAULT_LIMIT = 50


class Command(BaseCommand):
    """Show where the links of one node lead and where they come from."""

    help = (
        "Show the links of an entity, with those of the nodes inside it, or of one node: type, "
        "strength, version pin, and what has become of the target."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the address and the limit."""
        parser.add_argument("address", metavar="FEATURE:ENTITY[/NODE]")
        parser.add_argument(
            "--limit", type=int, default=DEFAULT_LIMIT, help="at most so many each way"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the tree. Raises `CommandError` where there is no such node."""
        feature, entity_id, node_id = _parsed(options["address"])
        with system_scope():
            node = NodeMetadata.objects.at(feature, entity_id, node_id).first()
            if node is None:
                raise CommandError("There is no such node.")
            tree = Tree(_name(node))
            rows = NodeLink.objects.filter(organization_id=node.organization_id)
            leaving = rows.leaving(feature, entity_id)
            arriving = rows.arriving_at(feature, entity_id)
            if node_id is not None:
                leaving, arriving = leaving.filter(source=node), arriving.filter(target=node)
            colors = _colors(node.organization_id)
            _add(tree, "leads to", leaving, colors, options["limit"], outwards=True)
            _add(tree, "is led to by", arriving, colors, options["limit"], outwards=False)
        console_of(self).print(tree)


def _parsed(address: str) -> tuple[str, UUID, str | None]:
    feature, _, rest = address.partition(":")
    entity, slash, node_id = rest.partition("/")
    try:
        return feature, UUID(entity), node_id if slash else None
    except ValueError as error:
        raise CommandError("Write FEATURE:ENTITY or FEATURE:ENTITY/NODE.") from error


def _add(
    tree: Tree,
    title: str,
    rows: LinkQuerySet,
    colors: dict[str, str],
    limit: int,
    *,
    outwards: bool,
) -> None:
    """Add a branch with the strongest links first; none where there are no links."""
    total = rows.count()
    if not total:
        return
    branch = tree.add(Text(f"{title} ({total})", style="bold"))
    shown = rows.select_related("source", "target").order_by("-link_strength", "pk")[:limit]
    drifts = {row.link_id: row for row in LinkDrift.objects.filter(link__in=[*shown])}
    for link in shown:
        color = colors.get(link.link_type, "default")
        branch.add(_line(link, drifts.get(link.pk), color, outwards=outwards))
    if total > limit:
        branch.add(Text(f"… and {total - limit} more", style="dim"))


def _line(link: NodeLink, drift: LinkDrift | None, color: str, *, outwards: bool) -> Text:
    arrow = f"—{link.link_type}→" if outwards else f"←{link.link_type}—"
    line = Text.assemble((arrow, color), " ", _name(link.target if outwards else link.source))
    inner = link.source_node_id if outwards else link.target_node_id
    facts = [f"{link.link_strength:.4f}", link.origin, link.version_pin]
    if inner is not None:
        facts.append(f"at {inner}")
    line.append(f"  {', '.join(facts)}", style="dim")
    if drift is not None:
        line.append(f"  {_told(drift)}", style="bold red")
    return line


def _told(drift: LinkDrift) -> str:
    if drift.reason is not None:
        return f"broken: {drift.get_reason_display().lower()}"
    return f"drifted: {drift.to_version} is live ({drift.bump}, {drift.versions_behind} on)"


def _name(node: NodeMetadata) -> Text:
    inner = f"/{node.node_id}" if node.node_id is not None else ""
    name = Text.assemble(
        (node.name or node.node_type, "bold"),
        (f" {node.feature_type}:{node.entity_id}{inner}", "dim"),
    )
    if node.deleted_at is not None:
        name.append(" deleted", style="red")
    return name


def _colors(organization_id: UUID) -> dict[str, str]:
    """Return the colour of each link type; an organisation's own comes before the platform's."""
    rows = NodeLinkType.objects.filter(organization=None).exclude(color=None)
    own = NodeLinkType.objects.filter(organization_id=organization_id).exclude(color=None)
    names = ("type_name", "color")
    return {name: color for name, color in (*rows.values_list(*names), *own.values_list(*names))
            if color}  # fmt: skip
