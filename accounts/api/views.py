"""Sign-in, the caller, organisations, members, access keys."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.api import examples
from accounts.api import serializers as shapes
from accounts.api.callers import CallerMixin
from accounts.api.permissions import AdministratorsWrite, IsMember, IsStaff
from accounts.choices import Role
from accounts.lockout import sign_in
from accounts.models import AccessKey, Membership, Organization
from accounts.services import (
    add_member,
    change_role,
    create_access_key,
    create_organization,
    remove_member,
    revoke_access_key,
)
from accounts.tokens import issue_tokens, rotate_tokens
from config.api.throttles import LoginThrottle
from config.api.views import APIView, GenericViewSet

# Failed sign-ins and revoked token families must outlast the refusal that they cause.
not_atomic = method_decorator(transaction.non_atomic_requests, name="dispatch")


@not_atomic
class TokenView(APIView):
    """Sign in with e-mail address and password."""

    examples = examples.TOKENS
    refusals: ClassVar[dict[str, list[str]]] = {"post": ["401"]}
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LoginThrottle,)

    @extend_schema(
        request=shapes.CredentialsSerializer,
        responses={200: shapes.TokenPairSerializer},
        operation_id="auth_token_create",
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Return a token pair. 401 `invalid_credentials`; 429 `locked_out` after five failures."""
        data = _validated(shapes.CredentialsSerializer(data=request.data))
        user = sign_in(request=request._request, email=data["email"], password=data["password"])
        return Response(issue_tokens(user))


@not_atomic
class TokenRefreshView(APIView):
    """Exchange a refresh token."""

    examples = examples.REFRESH
    refusals: ClassVar[dict[str, list[str]]] = {"post": ["401"]}
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LoginThrottle,)

    @extend_schema(
        request=shapes.RefreshSerializer,
        responses={200: shapes.TokenPairSerializer},
        operation_id="auth_token_refresh_create",
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Return the next pair; the token sent is used up. 401 `invalid_token`."""
        data = _validated(shapes.RefreshSerializer(data=request.data))
        return Response(rotate_tokens(data["refresh"]))


class MeView(CallerMixin, APIView):
    """The caller."""

    examples = examples.ME
    permission_classes = (IsMember | IsStaff,)
    scope_resource = "auth"

    @extend_schema(
        responses={200: shapes.MeSerializer}, operation_id="auth_me_retrieve", tags=["auth"]
    )
    def get(self, request: Request) -> Response:
        """Return who the caller is, where they act in which role, and where they could."""
        mine = Organization.objects.visible_to(self.actor)
        organizations = list(mine.order_by("memberships__created_at", "id"))
        current = [o for o in organizations if o.pk == self.actor.organization_id]
        body = {
            "user": self.caller,
            "is_staff": self.caller.is_staff,
            "organization": current[0] if current else None,
            "role": self.actor.role or None,
            "scopes": None if self.actor.scopes is None else sorted(self.actor.scopes),
            "organizations": organizations,
        }
        return Response(shapes.MeSerializer(body).data)


class OrganizationViewSet(
    CallerMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    GenericViewSet,
):
    """Organisations the caller belongs to; operators create them."""

    examples = examples.ORGANIZATIONS
    serializer_class = shapes.OrganizationSerializer
    queryset = Organization.objects.none()
    ordering_fields = ("name", "created_at")
    http_method_names = ["get", "post", "patch", "head", "options"]

    def get_permissions(self) -> list[BasePermission]:
        """Creating is for staff, changing for administrators of the organisation itself."""
        if self.action == "create":
            return [IsStaff()]
        return [AdministratorsWrite()]

    def get_queryset(self) -> QuerySet[Organization]:
        """List where the caller belongs; change only where the caller acts."""
        if self.action == "partial_update":
            return Organization.objects.filter(pk=self.actor.tenant_id)
        return Organization.objects.visible_to(self.actor)

    def create(self, request: Request) -> Response:
        """Create an organisation; the creator becomes its owner. 409 `duplicate` slug."""
        data = _validated(self.get_serializer(data=request.data))
        organization = create_organization(owner=self.caller, **data)
        return Response(self.get_serializer(organization).data, status=status.HTTP_201_CREATED)


class MembershipViewSet(
    CallerMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    """Who belongs to the caller's organisation."""

    examples = examples.MEMBERSHIPS
    serializer_class = shapes.MembershipSerializer
    permission_classes = (AdministratorsWrite,)
    sensitive: ClassVar[dict[str, str]] = {
        "create": "add_member",
        "partial_update": "change_role",
        "destroy": "remove_member",
    }
    queryset = Membership.objects.none()
    filterset_fields = ("role",)
    search_fields = ("user__email", "user__name")
    ordering_fields = ("created_at", "role")

    def get_queryset(self) -> QuerySet[Membership]:
        """Only the caller's organisation."""
        return Membership.objects.visible_to(self.actor)

    @extend_schema(request=shapes.NewMemberSerializer, responses={201: shapes.MembershipSerializer})
    def create(self, request: Request) -> Response:
        """Add a member by e-mail address. 409 `duplicate` for somebody who already belongs."""
        data = _validated(shapes.NewMemberSerializer(data=request.data))
        membership = add_member(actor=self.actor, **{**data, "role": Role(data["role"])})
        return Response(self.get_serializer(membership).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.RoleSerializer, responses={200: shapes.MembershipSerializer})
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a member's role. 409 `last_owner`."""
        data = _validated(shapes.RoleSerializer(data=request.data))
        membership = change_role(
            actor=self.actor, membership=self.get_object(), role=Role(data["role"])
        )
        return Response(self.get_serializer(membership).data)

    def destroy(self, request: Request, pk: UUID) -> Response:
        """End a membership at once. 409 `last_owner`."""
        remove_member(actor=self.actor, membership=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class AccessKeyViewSet(
    CallerMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet
):
    """Keys for machines; administrators see those of the whole organisation, without secrets."""

    examples = examples.ACCESS_KEYS
    serializer_class = shapes.AccessKeySerializer
    permission_classes = (IsMember,)
    # A kept answer would hold the secret that is stored nowhere else.
    replays = False
    queryset = AccessKey.objects.none()
    ordering_fields = ("created_at", "name")

    def get_queryset(self) -> QuerySet[AccessKey]:
        """The caller's own, or all for an administrator."""
        return AccessKey.objects.visible_to(self.actor)

    @extend_schema(
        request=shapes.AccessKeySerializer, responses={201: shapes.NewAccessKeySerializer}
    )
    def create(self, request: Request) -> Response:
        """Create a key and show its secret, this once. 403 when asked by an access key."""
        data = _validated(self.get_serializer(data=request.data))
        key, secret = create_access_key(actor=self.actor, **data)
        body = {**self.get_serializer(key).data, "key": secret}
        return Response(body, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Revoke a key at once."""
        revoke_access_key(key=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
