"""Choosing a node by name, across features: the field of a form, and what it asks while typing."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from node_links.models import NodeLink, NodeMetadata
from node_links.pictures.looks import feature_look

if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[NodeMetadata]
else:
    _Choice = forms.ModelChoiceField

SEARCH = "admin:node_links_nodemetadata_search"
_PAGE = 20
_LAST_PAGE = 50
_LONGEST = 200


class NodeSelect(AutocompleteSelect):
    """A list that asks for nodes while somebody types; `organization_id` narrows it to one."""

    organization_id: UUID | None = None

    def __init__(self, field: str) -> None:
        """Serve the field of links that has this name."""
        super().__init__(NodeLink._meta.get_field(field), admin.site)

    def get_url(self) -> str:
        """Return the address that is asked."""
        query = {"organization": self.organization_id} if self.organization_id else None
        return reverse(SEARCH, query=query)

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """Return the chosen node alone; what is no id was never chosen."""
        return super().optgroups(name, [one for one in value if _id(str(one))], attrs)


class NodeChoiceField(_Choice):
    """A living node."""

    def __init__(self, field: str, **options: Any) -> None:
        """Serve the field of links that has this name."""
        super().__init__(_living(), widget=NodeSelect(field), **options)

    def label_from_instance(self, obj: Any) -> str:
        """Return the name, and what tells nodes of one name apart."""
        return describe_node(obj)


def describe_node(node: NodeMetadata) -> str:
    """Return the name of a node, its feature and type, and whose it is."""
    name = node.name or node.node_id or node.node_type
    kind = f"{feature_look(node.feature_type).label} {node.node_type}"
    return f"{name} · {kind} · {node.organization.name}"


def search_nodes(request: HttpRequest) -> JsonResponse:
    """Answer the nodes whose names hold all words of `?term=`, the closest first."""
    if not request.user.has_perm("node_links.view_nodemetadata"):
        raise PermissionDenied
    rows = _named(request.GET.get("term", "")[:_LONGEST].replace("\x00", ""))
    organization = _id(request.GET.get("organization", ""))
    if organization is not None:
        rows = rows.filter(organization_id=organization)
    text = request.GET.get("page", "1")
    page = min(int(text), _LAST_PAGE) if text.isascii() and text.isdigit() and int(text) else 1
    found = list(rows[(page - 1) * _PAGE : page * _PAGE + 1])
    results = [{"id": str(node.pk), "text": describe_node(node)} for node in found[:_PAGE]]
    more = len(found) > _PAGE and page < _LAST_PAGE
    return JsonResponse({"results": results, "pagination": {"more": more}})


def _named(term: str) -> QuerySet[NodeMetadata]:
    entity = _id(term.strip())
    if entity is not None:
        return _living().filter(entity_id=entity).order_by("node_id", "pk")
    matching = Q()
    for word in term.split():
        matching &= Q(name__icontains=word)
    begins = Case(
        When(name__istartswith=term.strip(), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    return _living().filter(matching).order_by(begins, Length("name"), "name", "pk")


def _living() -> QuerySet[NodeMetadata]:
    rows = NodeMetadata.objects.filter(deleted_at=None).select_related("organization")
    return rows.defer("vector_embedding", "search_text")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
