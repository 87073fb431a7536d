"""Which nodes a search may find, as one SQL condition that every way of searching shares."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from accounts.actors import Actor
from config.exceptions import ValidationFailed


@dataclass(frozen=True, slots=True)
class Candidates:
    """The searchable, undeleted nodes of one organisation, narrowed further.

    `feature_types` None means all features. `entities` is a queryset of entities (any model whose
    primary key is the entity's id), or their ids; None means all. The filter on the organisation
    stands in every statement, beside row-level security.
    """

    organization_id: UUID
    feature_types: Collection[str] | None = None
    entities: "QuerySet[Any] | Collection[UUID] | None" = field(default=None, hash=False)

    @classmethod
    def of(
        cls,
        actor: Actor,
        feature_types: Iterable[str] | None = None,
        entities: "QuerySet[Any] | Iterable[UUID] | None" = None,
    ) -> "Candidates":
        """Return what `actor` may find. `ValidationFailed` for an actor without an organisation."""
        if actor.organization_id is None:
            raise ValidationFailed.of(
                "?organization", "required", "A search needs an organisation to search in."
            )
        return cls(
            actor.organization_id,
            None if feature_types is None else tuple(feature_types),
            entities if entities is None or isinstance(entities, QuerySet) else list(entities),
        )

    def visible(self, alias: str = "m") -> tuple[str, list[Any]]:
        """Return the condition, without the entities, on `node_metadata` called `alias`."""
        sql = f"{alias}.organization_id = %s AND {alias}.searchable AND {alias}.deleted_at IS NULL"
        parameters: list[Any] = [self.organization_id]
        if self.feature_types is not None:
            sql += f" AND {alias}.feature_type = ANY(%s::text[])"
            parameters.append(list(self.feature_types))
        return sql, parameters

    def allowed(self, alias: str = "m") -> tuple[str, list[Any]]:
        """Return the condition that `alias`.entity_id is one of the entities."""
        if self.entities is None:
            return "true", []
        if not isinstance(self.entities, QuerySet):
            return f"{alias}.entity_id = ANY(%s::uuid[])", [list(self.entities)]
        try:
            sql, parameters = self.entities.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            return "false", []
        return f"{alias}.entity_id IN ({sql})", list(parameters)

    def condition(self, alias: str = "m") -> tuple[str, list[Any]]:
        """Return both conditions as one."""
        visible, first = self.visible(alias)
        allowed, second = self.allowed(alias)
        return f"{visible} AND {allowed}", first + second
