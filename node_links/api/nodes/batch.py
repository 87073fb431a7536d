"""Many nodes in one request: all of it is done, or nothing."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import IsMember
from config.api.pointers import field_errors
from config.api.serializers import Serializer
from config.api.views import APIView
from config.exceptions import TooLarge, ValidationFailed
from node_links.api.nodes import serializers as shapes
from node_links.api.nodes.described import SchemaWithBodies
from node_links.api.nodes.examples import BATCH
from node_links.api.nodes.views import new_node_arguments
from node_links.services.nodes.addresses import EntityNode, NodeAddress
from node_links.services.nodes.batch import (
    MAX_ITEMS,
    NewNode,
    NodeChange,
    create_nodes,
    delete_nodes,
    update_nodes,
)
from node_links.services.nodes.batch_report import BatchReport
from node_links.services.nodes.reading import EntityHead

_ADDRESS = ("feature", "entity_id", "node_id", "revision")
_REFUSED = """

One refused item refuses all: the problem document names it in `errors` (`/nodes/3/name`), and says
in `results` of each item what became of it: `index`, `status` (424 where nothing is wrong with it),
`code`, `detail`."""


class NodeBatchView(CallerMixin, APIView):
    """Create, change, delete up to 1000 nodes."""

    examples = BATCH
    refusals: ClassVar[dict[str, list[str]]] = {"patch": ["412"], "delete": ["412"]}
    permission_classes = (IsMember,)
    scope_resource = "nodes"
    schema = SchemaWithBodies()

    @extend_schema(
        operation_id="nodes_batch_create",
        description=f"Create nodes in their order, all or none.{_REFUSED}",
        request=shapes.NewNodesSerializer,
        responses={201: shapes.BatchResultSerializer},
    )
    def post(self, request: Request) -> Response:
        """Create nodes, all or none."""
        items = _items(request, shapes.NewNodeSerializer)
        new = [NewNode(**new_node_arguments(values)) for values in items]
        found = create_nodes(actor=self.actor, items=new)
        return Response(_report(found, status.HTTP_201_CREATED), status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="nodes_batch_partial_update",
        description=f"Change nodes, all or none.{_REFUSED}",
        request=shapes.NodeChangesSerializer,
        responses={200: shapes.BatchResultSerializer},
    )
    def patch(self, request: Request) -> Response:
        """Change nodes, all or none."""
        items = _items(request, shapes.BatchChangeSerializer)
        found = update_nodes(actor=self.actor, items=[_change(values) for values in items])
        return Response(_report(found, status.HTTP_200_OK))

    @extend_schema(
        operation_id="nodes_batch_destroy",
        description=f"Delete nodes, those inside entities first, all or none.{_REFUSED}",
        request=shapes.NodeAddressesSerializer,
        responses={200: shapes.BatchResultSerializer},
    )
    def delete(self, request: Request) -> Response:
        """Delete nodes, all or none."""
        items = _items(request, shapes.NodeAddressSerializer)
        delete_nodes(actor=self.actor, items=[_change(values) for values in items])
        results = [
            {"index": index, "status": status.HTTP_204_NO_CONTENT} for index in range(len(items))
        ]
        return Response({"count": len(items), "results": results})


def _items(request: Request, shape: type[Serializer]) -> list[dict[str, Any]]:
    """Return the checked values of each item. Raises the refusals of all of them as one.

    Raises `TooLarge` above 1000 items, before any is looked at.
    """
    body: Any = request.data
    items = body.get("nodes")
    faults: dict[str, Any] = {
        name: [ErrorDetail("There is no such field.", "unknown_field")]
        for name in body
        if name != "nodes"
    }
    if "nodes" not in body:
        faults["nodes"] = [ErrorDetail("This field is required.", "required")]
    elif not isinstance(items, list):
        faults["nodes"] = [ErrorDetail("This must be a list.", "invalid")]
    elif not items:
        faults["nodes"] = [ErrorDetail("At least one node is needed.", "min_length")]
    if faults or not isinstance(items, list):
        raise ValidationFailed(errors=field_errors(faults))
    if len(items) > MAX_ITEMS:
        raise TooLarge(f"A batch has at most {MAX_ITEMS} nodes.")
    report = BatchReport(len(items))
    checked = []
    for index, item in enumerate(items):
        serializer = shape(data=item)
        if not serializer.is_valid():
            errors = field_errors(serializer.errors)
            report.refuse(index, ValidationFailed(errors=errors))
        else:
            checked.append(dict(serializer.validated_data))
    report.raise_refusals()
    return checked


def _change(values: dict[str, Any]) -> NodeChange:
    return NodeChange(
        NodeAddress(values["feature"], values["entity_id"], values.get("node_id")),
        {name: value for name, value in values.items() if name not in _ADDRESS},
        values.get("revision"),
    )


def _report(found: list[EntityNode], code: int) -> dict[str, Any]:
    results = [
        {
            "index": index,
            "status": code,
            "node": shapes.listed_node(one.node, EntityHead.of(one.entity)),
        }
        for index, one in enumerate(found)
    ]
    return {"count": len(found), "results": results}
