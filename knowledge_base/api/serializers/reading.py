"""What readers ask for besides the text: contents, HTML, categories."""

from rest_framework import serializers

from config.api.serializers import Serializer


class HeadingSerializer(Serializer):
    """An entry of the table of contents."""

    level = serializers.IntegerField(min_value=1, max_value=6)
    title = serializers.CharField()
    anchor = serializers.CharField()


class RenderedSerializer(Serializer):
    """Sanitised HTML of a text."""

    html = serializers.CharField()
    version = serializers.CharField()


class CategorySerializer(Serializer):
    """A category and how many SOPs it holds."""

    category = serializers.CharField()
    count = serializers.IntegerField()
