"""Importing a collection."""

from rest_framework import serializers

from config.api.serializers import Serializer


class ImportSerializer(Serializer):
    """A zip archive of Markdown files."""

    file = serializers.FileField()
    dry_run = serializers.BooleanField(required=False, default=False)
    publish = serializers.BooleanField(required=False, default=False)


class ImportReportSerializer(Serializer):
    """What an import did, or with `dry_run` would do."""

    dry_run = serializers.BooleanField()
    files = serializers.IntegerField()
    ignored = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    references = serializers.IntegerField()
    dangling = serializers.IntegerField()
    items = serializers.ListField(child=serializers.DictField())
