"""A plain viewset over the table."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers, viewsets
from rest_framework.pagination import PageNumberPagination

from benchmarks.bare.models import Document
from benchmarks.bare.recording import Recorded

_HIDDEN = ("organization_id", "keywords_extracted", "reference_keys")


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """Everything an SOP shows."""

    class Meta:
        model = Document
        exclude: tuple[str, ...] = _HIDDEN


class DocumentListSerializer(DocumentSerializer):
    """Without the text."""

    class Meta(DocumentSerializer.Meta):
        exclude = (*_HIDDEN, "content")


class Pages(PageNumberPagination):
    """Pages of the size that the platform is asked for."""

    page_size = 50


class DocumentViewSet(viewsets.ModelViewSet[Document]):
    """All of create, list, retrieve, update, delete."""

    queryset = Document.objects.defer("reference_keys")
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Document]:
        """Leave the texts of lists in the database, as the platform does."""
        rows = super().get_queryset()
        return rows.defer("content", "reference_keys") if self.action == "list" else rows

    def get_serializer_class(self) -> type[Any]:
        """Lists have no text."""
        return DocumentListSerializer if self.action == "list" else DocumentSerializer


class RecordedDocumentViewSet(Recorded, DocumentViewSet):
    """The same, where each write leaves an event and an audit row."""
