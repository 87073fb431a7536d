"""How SOPs are read."""

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Lower

from accounts.actors import Actor
from node_links.choices import EntityStatus
from node_links.querysets import EntityManager, EntityQuerySet

if TYPE_CHECKING:
    from knowledge_base.models import Sop, SopReference


class SopQuerySet(EntityQuerySet["Sop"]):
    """SOPs."""

    def in_category(self, category: str) -> Self:
        """SOPs of exactly this category."""
        return self.filter(category=category)

    def searchable(self) -> Self:
        """SOPs that may appear among search results."""
        return self.filter(searchable=True)

    def review_due(self, day: date) -> Self:
        """SOPs whose review is due by `day` and has not been announced for its date.

        What is archived is not reviewed any more.
        """
        untold = Q(review_told_for=None) | ~Q(review_told_for=F("review_due_on"))
        rows = self.filter(untold, deleted_at=None, review_due_on__lte=day)
        return rows.exclude(status=EntityStatus.ARCHIVED)

    def from_source(self, path: str) -> Self:
        """The SOP that was imported from `path`."""
        return self.filter(source_path=path)

    def titled(self, title: str) -> Self:
        """SOPs with this title, ignoring case."""
        return self.alias(_title=Lower("title")).filter(_title=title.lower())

    def category_counts(self) -> dict[str, int]:
        """How many SOPs each category in use holds."""
        rows = self.exclude(category=None).order_by().values_list("category")
        return {str(category): count for category, count in rows.annotate(count=Count("id"))}


# Sees deleted rows too.
AllSopsManager = EntityManager.from_queryset(SopQuerySet)


class ReferenceQuerySet(QuerySet["SopReference"]):
    """References written in SOPs."""

    def visible_to(self, actor: Actor) -> Self:
        """References in SOPs of the actor's organisation that are not deleted."""
        return self.filter(organization_id=actor.organization_id, sop__deleted_at=None)

    def dangling(self) -> Self:
        """References that point at nothing."""
        return self.filter(target=None)

    def resolved(self) -> Self:
        """References that point at an SOP."""
        return self.exclude(target=None)

    def between_different(self) -> Self:
        """Without an SOP's references to itself."""
        return self.exclude(target=F("sop"))
