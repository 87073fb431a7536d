"""Credentials over REST: members see names, administrators write, nobody reads a secret."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsWrite
from config.api.views import EntityViewSet
from spindles.api.credentials import serializers as shapes
from spindles.models import Credential
from spindles.services import credentials as services

EXAMPLES = {
    "create": [
        OpenApiExample(
            "a token for one service",
            {
                "name": "billing",
                "kind": "bearer",
                "hosts": ["api.billing.example.com"],
                "secret": "a token",
            },
            request_only=True,
        )
    ],
    "rotate": [OpenApiExample("a new token", {"secret": "another token"}, request_only=True)],
}


@extend_schema_view(
    list=extend_schema(description="List the organisation's credentials, without secrets."),
    retrieve=extend_schema(description="Read one credential, without its secret."),
)
class CredentialViewSet(CallerMixin, mixins.ListModelMixin, EntityViewSet):
    """What `http_request` steps show to services outside, known by name."""

    examples = EXAMPLES
    queryset = Credential.objects.none()
    serializer_class = shapes.CredentialSerializer
    permission_classes = (AdministratorsWrite,)
    filterset_fields = ("kind",)
    ordering_fields = ("name", "created_at")
    ordering = ("name", "id")
    http_method_names = ["get", "post", "delete", "head", "options"]

    def get_queryset(self) -> QuerySet[Credential]:
        """Return those of the caller's organisation; nobody decrypts what is not shown."""
        rows = Credential.objects.filter(organization_id=self.actor.tenant_id)
        return rows.defer("secret")

    @extend_schema(
        request=shapes.NewCredentialSerializer, responses={201: shapes.CredentialSerializer}
    )
    def create(self, request: Request) -> Response:
        """Create a credential. 409 `duplicate` for a name that is taken."""
        data = _validated(shapes.NewCredentialSerializer(data=request.data))
        made = services.create_credential(actor=self.actor, **data)
        return self.entity_response(made, status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete a credential; steps that name it fail from now on."""
        services.delete_credential(
            actor=self.actor, pk=self.get_object().pk, expected_revision=self.expected_revision
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=shapes.RotationSerializer, responses={200: shapes.CredentialSerializer})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: UUID) -> Response:
        """Put a new secret in the place of the old one."""
        found = self.get_object()
        data = _validated(shapes.RotationSerializer(data=request.data))
        return self.entity_response(
            services.rotate_credential(
                actor=self.actor,
                pk=found.pk,
                secret=data["secret"],
                expected_revision=self.expected_revision,
            )
        )


def _validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
