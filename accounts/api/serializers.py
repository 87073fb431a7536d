"""The shapes of accounts over REST."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.choices import Role
from accounts.models import AccessKey, Membership, Organization, User
from config.api.serializers import ModelSerializer, Serializer

SCOPE = RegexValidator(
    r"^(\*|[a-z][a-z-]*):(read|write|execute)$",
    "A scope is written <resource>:read|write|execute, or with * as resource.",
    code="invalid_scope",
)


class CredentialsSerializer(Serializer):
    """What a person signs in with."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(trim_whitespace=False, max_length=4096)


class RefreshSerializer(Serializer):
    """A refresh token, good for one exchange."""

    refresh = serializers.CharField(max_length=4096)


class TokenPairSerializer(Serializer):
    """An access token (15 minutes) and the refresh token that follows it (14 days)."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class UserSerializer(ModelSerializer[User]):
    """A person as others see them."""

    class Meta:
        model = User
        fields = ("id", "email", "name")


class OrganizationSerializer(ModelSerializer[Organization]):
    """An organisation. `slug` is what clients send as X-Organization; it never changes."""

    class Meta:
        model = Organization
        fields = ("id", "name", "slug", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")
        immutable_fields = ("slug",)
        # Uniqueness is refused by the service as 409 and not as a malformed request.
        extra_kwargs: dict[str, dict[str, Any]] = {
            "slug": {
                "validators": [
                    RegexValidator(
                        r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$",
                        "Lower-case letters, digits and inner hyphens only.",
                    )
                ]
            }
        }


class MembershipSerializer(ModelSerializer[Membership]):
    """A member of the caller's organisation."""

    user = UserSerializer(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "user", "email", "role", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")


class NewMemberSerializer(Serializer):
    """Whom to add; `password` counts where the address has no account yet."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices, default=Role.VIEWER)
    password = serializers.CharField(
        required=False, allow_null=True, trim_whitespace=False, max_length=256, write_only=True
    )
    name = serializers.CharField(required=False, allow_blank=True, max_length=150, default="")


class RoleSerializer(Serializer):
    """The role a member shall have."""

    role = serializers.ChoiceField(choices=Role.choices)


class AccessKeySerializer(ModelSerializer[AccessKey]):
    """An access key without its secret."""

    scopes = serializers.ListField(
        child=serializers.CharField(max_length=60, validators=[SCOPE]), min_length=1, max_length=50
    )
    expires_in_days = serializers.IntegerField(
        min_value=1, max_value=3650, required=False, allow_null=True, write_only=True
    )
    rate_limit = serializers.IntegerField(min_value=1, max_value=100_000, default=60)

    class Meta:
        model = AccessKey
        fields: tuple[str, ...] = (
            "id",
            "name",
            "prefix",
            "scopes",
            "rate_limit",
            "expires_in_days",
            "expires_at",
            "last_used_at",
            "created_at",
        )
        read_only_fields = ("id", "prefix", "expires_at", "last_used_at", "created_at")


class NewAccessKeySerializer(AccessKeySerializer):
    """An access key with its secret, shown this once."""

    key = serializers.CharField(read_only=True)

    class Meta(AccessKeySerializer.Meta):
        fields: tuple[str, ...] = (*AccessKeySerializer.Meta.fields, "key")


class MeSerializer(Serializer):
    """Who the caller is and where they act."""

    user = UserSerializer()
    is_staff = serializers.BooleanField()
    organization = OrganizationSerializer(allow_null=True)
    role = serializers.CharField(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)
    organizations = OrganizationSerializer(many=True)
