"""The shapes of events over REST.

Some fields are named like attributes of serializers (`data`, `source`); declared fields are taken
out of the class, so that neither hides the other.
"""

from django.core.validators import RegexValidator
from rest_framework import serializers

from config.api.serializers import Serializer
from node_links.services.publishing import Publication

MAX_BATCH = 500
NAME = RegexValidator(
    r"\A[A-Z][A-Za-z0-9]*\Z", "A capital letter, then letters and digits.", code="invalid"
)
VISIBLE_ASCII = RegexValidator(r"\A[!-~]+\Z", "Visible ASCII characters only.", code="invalid")


class EventSerializer(Serializer):
    """An event in the newest shape of its type; `stored_version` is the one it was written in."""

    event_id = serializers.UUIDField(source="id")
    event_type = serializers.CharField()
    schema_version = serializers.IntegerField()
    stored_version = serializers.IntegerField()
    feature_type = serializers.CharField()
    entity_id = serializers.UUIDField()
    node_id = serializers.CharField(allow_null=True)
    sequence = serializers.IntegerField(help_text="Counts the aggregate's events from 1.")
    data = serializers.DictField()  # type: ignore[assignment]  # see above
    timestamp = serializers.DateTimeField()
    user_id = serializers.UUIDField(allow_null=True)
    organization_id = serializers.UUIDField()
    correlation_id = serializers.CharField(allow_null=True)
    causation_id = serializers.UUIDField(allow_null=True)
    execution_id = serializers.UUIDField(allow_null=True)


class CloudEventSerializer(Serializer):
    """The same event as a CloudEvent 1.0."""

    specversion = serializers.ChoiceField(choices=["1.0"])
    id = serializers.UUIDField()
    source = serializers.CharField()  # type: ignore[assignment]  # see above
    type = serializers.CharField()
    time = serializers.DateTimeField()
    subject = serializers.CharField()
    datacontenttype = serializers.ChoiceField(choices=["application/json"])
    dataschema = serializers.CharField()
    sequence = serializers.CharField()
    organizationid = serializers.UUIDField()
    correlationid = serializers.CharField(required=False)
    causationid = serializers.UUIDField(required=False)
    executionid = serializers.UUIDField(required=False)
    data = serializers.DictField()  # type: ignore[assignment]  # see above


class PublicationSerializer(Serializer):
    """An event to publish. Without an entity it is the organisation's own."""

    event_type = serializers.CharField(max_length=100)
    schema_version = serializers.IntegerField(
        min_value=1, max_value=32767, required=False, help_text="Default: the newest."
    )
    feature_type = serializers.CharField(max_length=50, required=False, allow_null=True)
    entity_id = serializers.UUIDField(required=False, allow_null=True)
    node_id = serializers.CharField(max_length=255, required=False, allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]  # see above
    correlation_id = serializers.CharField(
        max_length=128, validators=[VISIBLE_ASCII], required=False, allow_null=True
    )
    causation_id = serializers.UUIDField(required=False, allow_null=True)
    event_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Makes it safe to publish again at any time."
    )
    dedup_key = serializers.CharField(
        max_length=255,
        required=False,
        allow_null=True,
        help_text="Publications under one key within 60 seconds are one event.",
    )


class BatchSerializer(Serializer):
    """Events to publish together."""

    events = serializers.ListField(
        child=PublicationSerializer(), min_length=1, max_length=MAX_BATCH
    )


class PublishedBatchSerializer(Serializer):
    """The events of a batch, in its order."""

    events = EventSerializer(many=True)


class NewEventTypeSerializer(Serializer):
    """A type to register; another schema than before makes the next version."""

    name = serializers.CharField(max_length=100, validators=[NAME])
    schema = serializers.DictField(help_text="JSON Schema, draft 2020-12, of the events' data.")


class EventTypeSerializer(Serializer):
    """One version of a type of events."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    is_newest = serializers.BooleanField()
    custom = serializers.BooleanField(help_text="Registered by the organisation itself.")
    schema = serializers.DictField()
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)


def publication_of(values: dict[str, object]) -> Publication:
    """Return the publication that validated values of `PublicationSerializer` ask for."""
    return Publication(**values)  # type: ignore[arg-type]  # the serializer has the same fields
