"""The shapes of triggers, schedules and firings."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from spindles.choices import (
    CatchUp,
    FiringOutcome,
    Overlap,
    SpindleStatus,
    TriggerKind,
    TriggerOrigin,
    TriggerState,
)
from spindles.models import TriggerFiring


class FiringSerializer(ModelSerializer[TriggerFiring]):
    """One time that a trigger fired. `missed` counts planned times before it that nobody made up
    for."""

    outcome = serializers.ChoiceField(choices=FiringOutcome.choices, read_only=True)
    trigger_id = serializers.UUIDField(read_only=True)
    execution_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = TriggerFiring
        fields = (
            "id",
            "trigger_id",
            "outcome",
            "reason",
            "planned_at",
            "occurrence",
            "execution_id",
            "missed",
            "created_at",
        )
        read_only_fields = fields


class TriggerSerializer(Serializer):
    """A trigger of the live version, as it is registered.

    `config` is how it is written down; `upcoming` are the next planned times of a schedule;
    `hook_url` is where a webhook is posted to.
    """

    id = serializers.UUIDField()
    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=TriggerKind.choices)
    state = serializers.ChoiceField(choices=TriggerState.choices)
    origin = serializers.ChoiceField(choices=TriggerOrigin.choices)
    version = serializers.CharField()
    config = serializers.DictField()
    next_at = serializers.DateTimeField(allow_null=True)
    upcoming = serializers.ListField(child=serializers.DateTimeField())
    hook_url = serializers.CharField(allow_null=True)
    previous_until = serializers.DateTimeField(allow_null=True)
    last_firing = FiringSerializer(allow_null=True)


class TriggersSerializer(Serializer):
    """The triggers of the live version."""

    version = serializers.CharField(allow_null=True)
    live_status = serializers.ChoiceField(choices=SpindleStatus.choices, allow_null=True)
    triggers = TriggerSerializer(many=True)


class ScheduleSerializer(Serializer):
    """When the live version is started: five cron fields, read in an IANA time zone."""

    cron = serializers.CharField(max_length=200)
    timezone = serializers.CharField(max_length=100, required=False)
    catch_up = serializers.ChoiceField(choices=CatchUp.choices, required=False)
    overlap = serializers.ChoiceField(choices=Overlap.choices, required=False)
    inputs = serializers.DictField(required=False)
    name = serializers.CharField(max_length=200, required=False)


class SchedulesSerializer(Serializer):
    """The schedules of the live version, and when the next one falls due."""

    version = serializers.CharField(allow_null=True)
    live_status = serializers.ChoiceField(choices=SpindleStatus.choices, allow_null=True)
    next_at = serializers.DateTimeField(allow_null=True)
    schedules = TriggerSerializer(many=True)


class HookSecretSerializer(Serializer):
    """A secret that the other side made; without one, one is made."""

    secret = serializers.CharField(required=False, max_length=200)


class RevealedHookSerializer(TriggerSerializer):
    """A webhook with its new secret, shown this once."""

    secret = serializers.CharField()


class DeliveryAcceptedSerializer(Serializer):
    """The run that a delivery started, or the first one of this id did."""

    execution_id = serializers.UUIDField(allow_null=True)
    delivery_id = serializers.CharField(allow_null=True)
    status = serializers.CharField()
