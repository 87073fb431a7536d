"""Searching SOPs."""

from rest_framework import serializers

from config.api.serializers import Serializer
from knowledge_base.choices import ContentType, SearchMode
from node_links.choices import EntityStatus

MAX_PAGE = 10**9


class SearchQuerySerializer(Serializer):
    """What to look for."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=1000, default="")
    mode = serializers.ChoiceField(choices=SearchMode.choices, default=SearchMode.HYBRID)
    category = serializers.CharField(required=False, max_length=100)
    status = serializers.ChoiceField(choices=EntityStatus.choices, required=False)
    content_type = serializers.ChoiceField(choices=ContentType.choices, required=False)
    tags = serializers.CharField(required=False, max_length=1000)
    page = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=1)
    page_size = serializers.IntegerField(min_value=1, default=20)


class HitSerializer(Serializer):
    """A found SOP with the passage that fits best; `<mark>` is the only markup in `passage`."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    summary = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField()
    version = serializers.CharField()
    published_version = serializers.CharField(allow_null=True)
    score = serializers.FloatField()
    text_rank = serializers.IntegerField(allow_null=True)
    semantic_rank = serializers.IntegerField(allow_null=True)
    passage = serializers.CharField()
    heading = serializers.CharField()
    anchor = serializers.CharField()


class SearchResultsSerializer(Serializer):
    """A page of hits, best first. `degraded`: the embedder is down, words alone were used."""

    count = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    mode = serializers.CharField()
    degraded = serializers.BooleanField()
    facets = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    results = HitSerializer(many=True)
