"""Links between nodes, and their types."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, JSONField, Q, Value

from accounts.auditing import Audited, audited_by_statement
from accounts.models import Organization
from config.ids import uuid7
from node_links.choices import ChangeTravels, FeatureType, LinkOrigin
from node_links.models.nodes import NodeMetadata
from node_links.querysets import LinkQuerySet, LinkTypeQuerySet

_FEATURES = FeatureType.values
_FOLLOWED = ["link_type", "origin", "link_strength"]


class NodeLinkType(models.Model):
    """What a link can mean. Rows without an organisation are the platform's own, seen by all.

    `change_travels` says which way the effect of a change goes. `allowed_pairs` holds
    pairs of features, which count in either direction; an empty list allows every pair.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="type_id")
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", null=True, blank=True, db_index=False
    )
    type_name = models.CharField(max_length=50)
    description = models.TextField(null=True, blank=True)
    color = models.CharField("colour", max_length=7, null=True, blank=True)
    icon = models.CharField(max_length=50, null=True, blank=True)
    is_bidirectional = models.BooleanField("both ways", default=False)
    change_travels = models.CharField(
        max_length=20,
        choices=ChangeTravels,
        default=ChangeTravels.TARGET_TO_SOURCE,
        db_default=ChangeTravels.TARGET_TO_SOURCE.value,
    )
    allowed_pairs = models.JSONField(default=list, blank=True, db_default=Value([], JSONField()))
    revision = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LinkTypeQuerySet.as_manager()

    class Meta:
        db_table = "node_link_types"
        verbose_name = "link type"
        ordering = ["type_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "type_name"],
                nulls_distinct=False,
                name="node_link_types_name",
            ),
            models.CheckConstraint(
                condition=Q(change_travels__in=ChangeTravels.values), name="valid_change_travels"
            ),
        ]
        triggers = [Audited()]

    def __str__(self) -> str:
        """Return the name."""
        return self.type_name


class NodeLink(models.Model):
    """An arrow between two nodes.

    The address columns are the public contract, as in the founding documents' DDL; the foreign
    keys `source` and `target` guarantee that both ends exist and carry the joins.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="link_id")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    # Found by the constraint's index, which begins with it.
    source = models.ForeignKey(
        NodeMetadata, models.CASCADE, related_name="links_out", db_index=False
    )
    target = models.ForeignKey(NodeMetadata, models.CASCADE, related_name="links_in")
    source_feature = models.CharField(max_length=50, choices=FeatureType)
    source_entity_id = models.UUIDField()
    source_node_id = models.CharField(max_length=255, null=True)
    target_feature = models.CharField(max_length=50, choices=FeatureType)
    target_entity_id = models.UUIDField()
    target_node_id = models.CharField(max_length=255, null=True)
    link_type = models.CharField(max_length=50)
    base_strength = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.5"))
    link_strength = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.5"))
    link_context = models.JSONField(default=dict, blank=True)
    visual_properties = models.JSONField(default=dict, blank=True)
    origin = models.CharField(max_length=10, choices=LinkOrigin, default=LinkOrigin.MANUAL)
    version_pin = models.CharField(
        max_length=50, default="latest", help_text="latest, published, or a number x.y.z"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    revision = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        db_table = "node_links"
        verbose_name = "link"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "link_type"], name="node_links_unique"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="no_self_link"),
            models.CheckConstraint(
                condition=Q(source_feature__in=_FEATURES) & Q(target_feature__in=_FEATURES),
                name="valid_features",
            ),
            models.CheckConstraint(
                condition=Q(base_strength__range=(0, 1)) & Q(link_strength__range=(0, 1)),
                name="valid_strength",
            ),
        ]
        indexes = [
            # All that a step along the links looks at, so that it reads nothing but the index.
            models.Index(
                fields=["organization", "source_entity_id", "id"],
                include=["target_entity_id", "target_feature", *_FOLLOWED],
                name="node_links_out",
            ),
            models.Index(
                fields=["organization", "target_entity_id", "id"],
                include=["source_entity_id", "source_feature", *_FOLLOWED],
                name="node_links_in",
            ),
            models.Index(fields=["organization", "link_type"], name="node_links_type"),
        ]
        triggers = audited_by_statement()

    def __str__(self) -> str:
        """Return the arrow."""
        return f"{self.source_id} —{self.link_type}→ {self.target_id}"
