"""The shapes of credentials; the secret only ever comes in."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from spindles.choices import CredentialKind
from spindles.models import Credential


class CredentialSerializer(ModelSerializer[Credential]):
    """A credential without its secret."""

    kind = serializers.ChoiceField(choices=CredentialKind.choices)
    hosts = serializers.ListField(
        child=serializers.CharField(max_length=255), required=False, max_length=50
    )

    class Meta:
        model = Credential
        fields: tuple[str, ...] = (
            "id",
            "name",
            "kind",
            "username",
            "header",
            "hosts",
            "description",
            "rotated_at",
            "revision",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "rotated_at", "revision", "created_at", "updated_at")


class NewCredentialSerializer(CredentialSerializer):
    """A credential with its secret, as it is sent; no answer holds it."""

    secret = serializers.CharField(max_length=8192, write_only=True, trim_whitespace=False)

    class Meta(CredentialSerializer.Meta):
        fields: tuple[str, ...] = (*CredentialSerializer.Meta.fields, "secret")


class RotationSerializer(Serializer):
    """The secret that takes the place of the old one."""

    secret = serializers.CharField(max_length=8192, write_only=True, trim_whitespace=False)
