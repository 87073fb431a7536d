"""Links over REST."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from config.api.views import EntityViewSet
from node_links.api.links import bulk
from node_links.api.links import serializers as shapes
from node_links.api.links.examples import LINKS
from node_links.api.links.filters import LinkFilters
from node_links.api.links.permissions import EditsSource
from node_links.api.links.refusing import refuse
from node_links.links.kinds import kinds_of
from node_links.models import NodeLink
from node_links.services.links.bulk import run_operations
from node_links.services.links.creating import create_link
from node_links.services.links.removing import delete_link
from node_links.services.links.updating import refuse_derived, update_link


@extend_schema_view(
    list=extend_schema(responses={200: shapes.LinkSerializer(many=True)}),
    retrieve=extend_schema(responses={200: shapes.LinkSerializer}),
)
class LinkViewSet(CallerMixin, mixins.ListModelMixin, EntityViewSet):
    """Arrows between nodes of any feature."""

    examples = LINKS
    queryset = NodeLink.objects.none()
    serializer_class = shapes.LinkSerializer
    permission_classes = (EditsSource,)
    filterset_class = LinkFilters
    ordering_fields = ("created_at", "updated_at", "link_strength", "base_strength", "link_type")
    # Ids are made in the order of time.
    ordering = ("-id",)
    locks_on_write = True
    extra_query_parameters = ("reason",)
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_queryset(self) -> QuerySet[NodeLink]:
        """Return the links whose ends the caller sees."""
        return NodeLink.objects.visible_to(self.actor).with_ends()

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Give the serializer of what is shown the types, read once."""
        if args:
            kwargs["context"] = {**self.get_serializer_context(), "kinds": kinds_of(self.actor)}
        return super().get_serializer(*args, **kwargs)

    @extend_schema(responses={201: shapes.CreatedLinkSerializer})
    def create(self, request: Request) -> Response:
        """Join two nodes. `warnings` name what is allowed but worth a second thought.

        404 for an end that is not there, 409 `duplicate`.
        """
        reading = shapes.LinkSerializer(data=request.data)
        if not reading.is_valid():
            refuse(self.actor, request.data, reading.errors)
        draft = shapes.draft_of(reading.validated_data)
        link, warnings = create_link(actor=self.actor, draft=draft)
        body = {**self.get_serializer(link).data, "warnings": warnings}
        return Response(body, status=status.HTTP_201_CREATED, headers=self.tag_of(link))

    @extend_schema(responses={200: shapes.LinkSerializer})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change base strength, context, visual properties or version pin.

        Another base makes another strength. 409 `derived_link` where the platform keeps the link.
        """
        link = self.get_object()
        refuse_derived(link)
        reading = shapes.LinkSerializer(link, data=request.data, partial=True)
        reading.is_valid(raise_exception=True)
        updated = update_link(
            actor=self.actor,
            pk=link.pk,
            values=reading.validated_data,
            expected_revision=self.expected_revision,
            locked=link,
        )
        return self.entity_response(updated)

    @extend_schema(parameters=[OpenApiParameter("reason", str)])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Remove a link. 409 `derived_link` where the platform keeps it."""
        link = self.get_object()
        delete_link(
            actor=self.actor,
            pk=link.pk,
            expected_revision=self.expected_revision,
            reason=request.query_params.get("reason", ""),
            locked=link,
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=bulk.LinkBatchSerializer, responses={200: bulk.LinkReportSerializer})
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=())
    def bulk(self, request: Request) -> Response:
        """Create, update and delete 1 to 1000 links, each for itself, and tell of each.

        A refused operation stops no other. 409 `batch_in_progress` while another request works on
        the same `batch_id`.
        """
        shape = bulk.LinkBatchSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        asked = bulk.read_operations(shape.validated_data["operations"])
        done = run_operations(
            actor=self.actor,
            operations=asked.operations,
            batch_id=shape.validated_data.get("batch_id"),
        )
        return Response(bulk.report(asked, done, kinds=kinds_of(self.actor)))
