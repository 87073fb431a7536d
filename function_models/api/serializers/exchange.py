"""Shapes of imports."""

from rest_framework import serializers

from config.api.serializers import Serializer


class ModelImportSerializer(Serializer):
    """A model as a file, or a zip archive of them."""

    file = serializers.FileField()
    dry_run = serializers.BooleanField(required=False, default=False)


class ImportFindingSerializer(Serializer):
    """Something that came over in another form than it had, or not at all."""

    code = serializers.CharField()
    message = serializers.CharField()
    place = serializers.CharField(help_text="The id of a node or edge, or empty.")


class ImportedModelSerializer(Serializer):
    """What became of one file. `id` is null where a dry run would have created it."""

    path = serializers.CharField()
    format = serializers.CharField()
    action = serializers.ChoiceField(["created", "updated", "unchanged"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    nodes = serializers.IntegerField()
    edges = serializers.IntegerField()
    versions = serializers.IntegerField()
    links = serializers.IntegerField()
    findings = ImportFindingSerializer(many=True)


class ModelImportReportSerializer(Serializer):
    """What an import did, or with `dry_run` would do."""

    dry_run = serializers.BooleanField()
    files = serializers.IntegerField()
    ignored = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    links = serializers.IntegerField()
    dangling = serializers.IntegerField()
    models = ImportedModelSerializer(many=True)
