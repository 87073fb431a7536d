"""Archiving, deleting and restoring models."""

from rest_framework import serializers

from config.api.serializers import Serializer
from function_models import limits
from function_models.api.serializers.models import check_name, name_field
from node_links.choices import EntityStatus
from node_links.graph.archive_risk import Risk


class ModelArchiveSerializer(Serializer):
    """Why, whether a high risk refuses, and whether the links that lead away go too."""

    reason = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=limits.MAX_REASON, default=""
    )
    enforce_risk_assessment = serializers.BooleanField(required=False, default=False)
    cleanup_links = serializers.BooleanField(required=False, default=False)


class ModelImpactSerializer(Serializer):
    """What archiving puts at risk; a code for each condition that is met."""

    risk = serializers.ChoiceField(choices=[risk.value for risk in Risk])
    reasons = serializers.ListField(child=serializers.CharField())
    affected_nodes = serializers.IntegerField()
    affected_links = serializers.IntegerField()


class ModelArchivedSerializer(Serializer):
    """A model that has just been archived; `links_removed` is null where removing them failed."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=EntityStatus.choices)
    previous_status = serializers.ChoiceField(choices=EntityStatus.choices)
    archived_at = serializers.DateTimeField()
    archived_by = serializers.UUIDField(allow_null=True)
    impact = ModelImpactSerializer()
    links_removed = serializers.IntegerField(allow_null=True)


class DeletionQuerySerializer(Serializer):
    """The parameters of a deletion."""

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=limits.MAX_REASON, default=""
    )
    retention_period = serializers.CharField(
        required=False, help_text="`90-days`, `2-years`; absent: 365 days."
    )
    enforce_referential_integrity = serializers.BooleanField(
        required=False, default=False, help_text="Refuse where others rely on the model."
    )
    compliance_framework = serializers.CharField(required=False, max_length=100)
    data_classification = serializers.CharField(required=False, max_length=100)


class ModelRestoreSerializer(Serializer):
    """Another name, where the old one has been taken meanwhile."""

    name = name_field(required=False, validators=[check_name])


class ModelRecoverySerializer(Serializer):
    """Whether a deleted model may come back, and all that stands in the way."""

    status = serializers.ChoiceField(choices=["eligible", "requires_repair", "expired"])
    blocking_reasons = serializers.ListField(child=serializers.CharField())
    complexity = serializers.ChoiceField(choices=["low", "high"])
    recoverable_until = serializers.DateTimeField()
