"""The search index: passages of nodes, their lexemes, and the nodes that wait to be embedded."""

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func
from pgvector.django import VectorField

from accounts.models import Organization
from config.ids import uuid7
from node_links.models.nodes import NodeMetadata


class _Weighted(Func):
    """`setweight(to_tsvector('english', column), weight)`, immutable as generated columns must be.

    `<` and `/` are taken for blanks: PostgreSQL's parser would drop `<name>` as a tag, and keep
    `start/stop` as one word, the name of a file.
    """

    template = (
        "setweight(to_tsvector('english'::regconfig, translate(%(expressions)s, '</', '  ')),"
        " '%(weight)s')"
    )

    def __init__(self, column: str, weight: str) -> None:
        super().__init__(F(column), weight=weight)


class _Concat(Func):
    arg_joiner = " || "
    template = "%(expressions)s"
    output_field = SearchVectorField()


class NodeChunk(models.Model):
    """A passage of a node's text: the unit that is embedded, and the passage that a hit shows.

    The first chunk of a node also carries its title, keywords and summary, so that each counts
    once. Weights: title A, keywords B, summary C, text D.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="chunk_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    node = models.ForeignKey(NodeMetadata, models.CASCADE, related_name="chunks", db_index=False)
    ordinal = models.PositiveIntegerField()
    heading = models.CharField(max_length=500, blank=True)
    anchor = models.CharField(max_length=500, blank=True)
    title = models.TextField(blank=True)
    keywords = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    text = models.TextField(blank=True)
    search_vector = models.GeneratedField(
        expression=_Concat(
            _Weighted("title", "A"),
            _Weighted("keywords", "B"),
            _Weighted("summary", "C"),
            _Weighted("text", "D"),
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    content_hash = models.CharField(max_length=64)
    vector_embedding = VectorField(null=True, editable=False)
    embedding_model = models.CharField(max_length=100, blank=True)
    dimensions = models.PositiveSmallIntegerField(null=True)
    in_vector_index = models.BooleanField(default=False, editable=False)

    class Meta:
        db_table = "node_chunks"
        verbose_name = "passage"
        ordering = ["node", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["node", "ordinal"], name="node_chunks_place")
        ]
        indexes = [
            # Leads with the model, so that what another model made is found across organisations.
            models.Index(
                fields=["embedding_model", "dimensions", "organization", "in_vector_index", "node"],
                name="node_chunks_model",
            )
        ]

    def __str__(self) -> str:
        """Return the place in the node."""
        return f"{self.heading or 'beginning'} (#{self.ordinal})"


class NodePosting(models.Model):
    """How often a lexeme occurs in a node, each occurrence weighted by its field.

    The keys are not constraints: PostgreSQL would look both up for each of a text's hundreds of
    lexemes. Postings are written under the lock of their node, and go with it.
    """

    pk = models.CompositePrimaryKey("organization_id", "lexeme", "node_id")
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    node = models.ForeignKey(NodeMetadata, models.CASCADE, related_name="+", db_constraint=False)
    lexeme = models.TextField()
    frequency = models.FloatField()

    class Meta:
        db_table = "node_postings"

    def __str__(self) -> str:
        """Return the lexeme and where it occurs."""
        return f"{self.lexeme} in {self.node_id}"


class DirtyNode(models.Model):
    """A node whose vectors lag behind its text. Unique per node: marking twice is marking once.

    Nobody touches the row before `not_before`: a run that claims it moves that moment on, so that
    the row comes back by itself should the run die; so does a failure. The row is deleted only if
    `marked_at` is still what the run had read.
    """

    node = models.OneToOneField(
        NodeMetadata, models.CASCADE, primary_key=True, related_name="dirty"
    )
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    marked_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        db_table = "node_index_backlog"
        verbose_name = "waiting node"
        ordering = ["marked_at"]
        indexes = [
            models.Index(fields=["organization", "marked_at"], name="node_backlog_tenant"),
            models.Index(fields=["not_before"], name="node_backlog_due"),
        ]

    def __str__(self) -> str:
        """Return which node waits since when."""
        return f"{self.node_id} since {self.marked_at:%Y-%m-%d %H:%M:%S}"
