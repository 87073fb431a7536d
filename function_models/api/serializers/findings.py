"""What checking a model found."""

from rest_framework import serializers

from config.api.serializers import Serializer
from function_models.api.serializers.models import FunctionModelSerializer
from function_models.validation.report import FULL, LEVELS


class ValidateModelSerializer(Serializer):
    """Which category to look at."""

    level = serializers.ChoiceField(choices=LEVELS, required=False, default=FULL)


class FindingSerializer(Serializer):
    """Something wrong or doubtful; `field` is a key of the node's `data`."""

    code = serializers.CharField()
    message = serializers.CharField()
    node_id = serializers.CharField(required=False)
    edge_id = serializers.CharField(required=False)
    field = serializers.CharField(required=False)
    blocks_publish = serializers.BooleanField()


class FindingCategorySerializer(Serializer):
    """What one category found; one that was not asked for is empty and has not `ran`."""

    ran = serializers.BooleanField()
    is_valid = serializers.BooleanField()  # type: ignore[assignment]  # the API's own name
    errors = FindingSerializer(many=True)  # type: ignore[assignment]  # the API's own name
    warnings = FindingSerializer(many=True)


class FindingCategoriesSerializer(Serializer):
    """All five categories."""

    structural = FindingCategorySerializer()
    cross_feature = FindingCategorySerializer()
    execution_readiness = FindingCategorySerializer()
    business_rules = FindingCategorySerializer()
    context = FindingCategorySerializer()  # type: ignore[assignment]  # the API's own name


class ValidationSerializer(Serializer):
    """A report on a model; `duration` is in seconds."""

    model_id = serializers.UUIDField()
    model_version = serializers.CharField()
    level = serializers.ChoiceField(choices=LEVELS)
    overall_valid = serializers.BooleanField(help_text="No error in what was asked for.")
    publishable = serializers.BooleanField(help_text="Nothing blocks publication.")
    ready = serializers.BooleanField(help_text="No error at all: it would run as drawn.")
    categories = FindingCategoriesSerializer()
    total_errors = serializers.IntegerField()
    total_warnings = serializers.IntegerField()
    validated_at = serializers.DateTimeField()
    duration = serializers.FloatField()


class PublishedModelSerializer(FunctionModelSerializer):
    """A model as it was published, with what was doubtful about it."""

    warnings = FindingSerializer(many=True, read_only=True)

    class Meta(FunctionModelSerializer.Meta):
        fields = (*FunctionModelSerializer.Meta.fields, "warnings")
