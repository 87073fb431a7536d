"""The neighbourhood of a node, drawn: every node in it leads to its own neighbourhood."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.operators import operator_of
from config.admin.display import admin_address
from config.exceptions import DomainError
from node_links.admin.entities import entity_link
from node_links.graph.kinds import LinkKind, link_kinds
from node_links.graph.nodes import Address, GraphLink, GraphNode
from node_links.models import NodeMetadata
from node_links.pictures.looks import colour, feature_look
from node_links.pictures.neighbourhood import (
    DEFAULT_DEPTH,
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Neighbourhood,
    read_neighbourhood,
)

PAGE = "admin:node_links_nodemetadata_neighbourhood"
DEPTHS = (1, 2, 3, 4)
LIMITS = (DEFAULT_LIMIT, 150, MAX_LIMIT)


@dataclass(frozen=True, slots=True)
class View:
    """What the visitor chose: how far, which types of links, how many nodes."""

    depth: int = DEFAULT_DEPTH
    types: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT

    @classmethod
    def of(cls, request: HttpRequest, kinds: Iterable[str]) -> "View":
        """Return what the address says; what makes no sense in it is left at its default."""
        known = set(kinds)
        return cls(
            _choice(request.GET.get("depth"), DEPTHS, DEFAULT_DEPTH),
            tuple(sorted(set(request.GET.getlist("type")) & known)),
            _choice(request.GET.get("limit"), LIMITS, DEFAULT_LIMIT),
        )

    def query(self, **changes: Any) -> list[tuple[str, Any]]:
        """Return the parameters that say this, without those that are the default anyway."""
        depth, types, limit = (
            changes.get(n, getattr(self, n)) for n in ("depth", "types", "limit")
        )
        return [
            *([("depth", depth)] if depth != DEFAULT_DEPTH else []),
            *([("limit", limit)] if limit != DEFAULT_LIMIT else []),
            *(("type", name) for name in types),
        ]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: where the choice leads, and whether it is the present one."""

    label: str
    address: str
    chosen: bool
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A node in the list beside the picture.

    `joined` holds, for each direction and type of its links, the strongest one, what to call them
    and how many there are.
    """

    node: GraphNode
    address: str
    symbol: str
    joined: Sequence[tuple[GraphLink, str, int]]


def neighbourhood_address(
    feature: str, entity_id: UUID, node_id: str | None = None, *, view: View | None = None
) -> str:
    """Return the address of the page of a node."""
    query = [("node", node_id)] if node_id else []
    query += (view or View()).query()
    address = reverse(PAGE, args=[feature, entity_id])
    return f"{address}?{urlencode(query)}" if query else address


def neighbourhood_page(request: HttpRequest, feature: str, entity_id: UUID) -> HttpResponse:
    """Show the neighbourhood of a node: its picture, what is in it, and how to look further."""
    if not request.user.has_perm("node_links.view_nodemetadata"):
        raise PermissionDenied
    root = Address(feature, entity_id, request.GET.get("node") or None)
    node = _node(root)
    actor = operator_of(request, node.organization_id)
    kinds = link_kinds(actor)
    view = View.of(request, kinds)
    try:
        found = read_neighbourhood(
            actor=actor,
            root=root,
            address_of=lambda one: neighbourhood_address(*one.address, view=view),
            depth=view.depth,
            types=view.types or None,
            limit=view.limit,
            headed=False,
        )
    except DomainError as refusal:
        raise Http404(refusal.detail) from refusal
    context = {
        **admin.site.each_context(request),
        "title": f"Neighbourhood of {node.name or node.node_type}",
        "node": node,
        "root": root,
        "found": found,
        "view": view,
        **_facts(request, node),
        **_choices(root, view, kinds),
        **_lists(found, view),
    }
    return TemplateResponse(request, "admin/nodeloom/neighbourhood.html", context)


def _node(root: Address) -> NodeMetadata:
    rows = NodeMetadata.objects.at(*root).filter(deleted_at=None).select_related("organization")
    node = rows.defer("vector_embedding", "search_text").first()
    if node is None:
        raise Http404("There is no such node, or it is deleted.")
    return node


def _facts(request: HttpRequest, node: NodeMetadata) -> dict[str, Any]:
    adding = request.user.has_perm("node_links.add_nodelink")
    return {
        "entity": entity_link(node.feature_type, node.entity_id, "Open"),
        "page": admin_address(NodeMetadata, node.pk),
        "look": feature_look(node.feature_type),
        "add": reverse("admin:node_links_nodelink_add", query={"source": node.pk})
        if adding
        else "",
    }


def _choices(root: Address, view: View, kinds: dict[str, LinkKind]) -> dict[str, Any]:
    def there(**changes: Any) -> str:
        query = [("node", root.node_id)] if root.node_id else []
        return f"?{urlencode(query + view.query(**changes))}"

    chosen = set(view.types)
    return {
        "depths": [Choice(str(n), there(depth=n), n == view.depth) for n in DEPTHS],
        "limits": [Choice(str(n), there(limit=n), n == view.limit) for n in LIMITS],
        "kinds": [
            Choice(name, there(types=sorted(chosen ^ {name})), name in chosen, colour(kind.color))
            for name, kind in sorted(kinds.items())
        ],
        "all_kinds": Choice("all", there(types=()), not chosen),
    }


def _lists(found: Neighbourhood, view: View) -> dict[str, Any]:
    """Return the nodes by distance, each with its links."""
    links: dict[Address, dict[str, list[GraphLink]]] = defaultdict(lambda: defaultdict(list))
    for link in sorted(found.subgraph.links, key=lambda one: -one.link_strength):
        links[link.source.address.entity][f"→ {link.link_type}"].append(link)
        links[link.target.address.entity][f"← {link.link_type}"].append(link)
    rings: dict[int, list[Neighbour]] = defaultdict(list)
    for node in sorted(found.subgraph.nodes, key=lambda one: (one.distance, one.name)):
        joined = [(same[0], label, len(same)) for label, same in links[node.address].items()]
        address = neighbourhood_address(*node.address, view=view)
        symbol = feature_look(node.feature).symbol
        rings[node.distance].append(Neighbour(node, address, symbol, joined))
    return {"rings": [(distance, rings[distance]) for distance in sorted(rings) if distance]}


def _choice(text: str | None, choices: Sequence[int], default: int) -> int:
    return (
        int(text)
        if text and text.isascii() and text.isdigit() and int(text) in choices
        else default
    )
