"""Types of link over REST."""

from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsWrite
from config.api.serializers import ModelSerializer
from config.api.views import EntityViewSet
from node_links.api.links.examples import LINK_TYPES
from node_links.choices import ChangeTravels, FeatureType
from node_links.models import NodeLinkType
from node_links.services.links.kinds import (
    create_link_type,
    delete_link_type,
    update_link_type,
)

NAME = RegexValidator(
    r"\A[a-z][a-z0-9_-]*\Z",
    "A name is written in small letters, digits, _ and -, and begins with a letter.",
)
COLOR = RegexValidator(r"\A#[0-9A-Fa-f]{6}\Z", "A colour is written #RRGGBB.")


class PairField(serializers.ListField):
    """Two features, which links of a type may join in either direction."""

    child = serializers.ChoiceField(choices=FeatureType.choices)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=2, max_length=2, **kwargs)


class LinkTypeSerializer(ModelSerializer[NodeLinkType]):
    """What a link can mean, how it is drawn, and which way a change goes along it."""

    type_name = serializers.CharField(max_length=50, validators=[NAME])
    description = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=1000
    )
    color = serializers.CharField(required=False, allow_null=True, validators=[COLOR])
    icon = serializers.CharField(required=False, allow_null=True, max_length=50)
    is_bidirectional = serializers.BooleanField(required=False)
    change_travels = serializers.ChoiceField(required=False, choices=ChangeTravels.choices)
    allowed_pairs = serializers.ListField(required=False, child=PairField(), max_length=16)
    is_platform = serializers.SerializerMethodField()

    class Meta:
        model = NodeLinkType
        fields = (
            "id",
            "type_name",
            "description",
            "color",
            "icon",
            "is_bidirectional",
            "change_travels",
            "allowed_pairs",
            "is_platform",
            "revision",
            "created_at",
        )
        read_only_fields = ("id", "revision", "created_at")
        immutable_fields = ("type_name",)

    def get_is_platform(self, kind: NodeLinkType) -> bool:
        """Return whether the type is the platform's own, which nobody changes."""
        return kind.organization_id is None


@extend_schema_view(
    list=extend_schema(description="List the platform's types and the organisation's own."),
    retrieve=extend_schema(description="Read one type."),
)
class LinkTypeViewSet(CallerMixin, mixins.ListModelMixin, EntityViewSet):
    """What links can mean. Administrators add types of the organisation's own."""

    examples = LINK_TYPES
    queryset = NodeLinkType.objects.none()
    serializer_class = LinkTypeSerializer
    permission_classes = (AdministratorsWrite,)
    filterset_fields = ("change_travels", "is_bidirectional")
    search_fields = ("type_name", "description")
    ordering_fields = ("type_name", "created_at")
    ordering = ("type_name",)
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_queryset(self) -> QuerySet[NodeLinkType]:
        """Return the types that the caller's links may have."""
        return NodeLinkType.objects.visible_to(self.actor)

    def create(self, request: Request) -> Response:
        """Make a type. 409 `duplicate` for a name that the platform or the organisation uses."""
        values = _validated(self.get_serializer(data=request.data))
        kind = create_link_type(actor=self.actor, **values)
        return self.entity_response(kind, status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a type of the organisation's own; its name stays. 403 for the platform's."""
        kind = self.get_object()
        values = _validated(self.get_serializer(kind, data=request.data, partial=True))
        return self.entity_response(
            update_link_type(
                actor=self.actor,
                pk=kind.pk,
                values=values,
                expected_revision=self.expected_revision,
            )
        )

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Remove a type. 409 `in_use` while there are links of it."""
        delete_link_type(
            actor=self.actor, pk=self.get_object().pk, expected_revision=self.expected_revision
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _validated(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
