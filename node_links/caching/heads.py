"""The head of an entity: what decides who may read it and which state of it is the present one.

It is asked in the statement that enters the tenant, so a read that needs no more than the head and
a cached body makes one round trip to PostgreSQL. Being read from the row itself, it cannot be out
of date: what is served from the cache is what it names.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field

from accounts.tenancy import Question
from config.replica import reading_alias
from node_links.models import NodeEntity

E = TypeVar("E", bound=NodeEntity)

# What permissions look at, and what the state is known by.
_COLUMNS = ("owner_id", "permissions", "status", "revision", "updated_at")
Linked = dict[tuple[UUID, str], list[UUID]]


def question_of(model: type[NodeEntity], pk: UUID, unsettled: Sequence[str] = ()) -> Question:
    """Return what to ask of the living entity `pk` of `model`.

    `unsettled` names fields that may change without a new revision; its columns are asked too.
    """
    columns = [str(field.column) for field in _fields(model, tuple(unsettled))]
    table, key = model._meta.db_table, str(model._meta.pk.column)
    return Question("look_ahead", [model.feature_type, table, key, pk, columns])


def head_of(
    model: type[E],
    *,
    pk: UUID,
    organization_id: UUID,
    unsettled: Sequence[str],
    answer: Sequence[Any],
) -> tuple[E, Linked] | None:
    """Return the entity with nothing but its head read, and what the graph links with it.

    Fields that were not read are deferred: touching one reads it. None where the answer is empty:
    unknown, deleted, or of another organisation. The links are as `graph.linked_entities` has them.
    """
    head, linked = answer
    if head is None:
        return None
    values = orjson.loads(head)
    fields = _fields(model, tuple(unsettled))
    known = {field.attname: field.to_python(values[str(field.column)]) for field in fields}
    known |= {model._meta.pk.attname: pk, "organization_id": organization_id, "deleted_at": None}
    # In the order of the model, as `from_db` takes them.
    names = [field.attname for field in model._meta.concrete_fields if field.attname in known]
    entity = model.from_db(reading_alias(), names, [known[name] for name in names])
    links = orjson.loads(linked) if linked else {}
    return entity, {(pk, kind): sorted(map(UUID, ids)) for kind, ids in links.items()}


@cache
def _fields(model: type[NodeEntity], unsettled: tuple[str, ...]) -> "list[Field[Any, Any]]":
    named = {field.attname: field for field in model._meta.concrete_fields}
    own = [name for name in unsettled if name in named and name not in _COLUMNS]
    try:
        return [named[name] for name in (*_COLUMNS, *own)]
    except KeyError as error:
        raise FieldDoesNotExist(f"{model.__name__} has no column {error}.") from error
