"""The bodies of entities as they are sent, each kept under the one state that it shows.

A body never changes: its key holds the revision and the moment of the last change, so a state that
has passed is never asked for again, whoever stores it and however late. What may change without a
new revision (links, when it was last looked at) is left out of it and put in when it is sent.
"""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from config.api.renderers import JSONRenderer
from config.cache import cache, key
from config.cache.metrics import count
from config.cache.nearby import Nearby
from node_links.models import NodeEntity

LARGEST_DOCUMENT = 256 * 1024
# A control character never stands in JSON as it is.
GAP = b"\x1e"
_GAP = orjson.Fragment(GAP)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_renderer = JSONRenderer()
nearby = Nearby(settings.CACHE_NEARBY_KB * 1024, settings.CACHE_TTL)
"""Bodies that this process has sent lately."""


def body_key(entity: NodeEntity, document: str = "") -> str:
    """Return the cache key of the present state of `entity`, or of a document of this state."""
    changed = (entity.updated_at - _EPOCH) // _MICROSECOND
    state = f"{entity.revision}-{changed}"
    if document:
        state = f"{state}-{document}"
    return key(entity.organization_id, entity.feature_type, entity.pk, state)


def entity_tag(feature_type: str, entity_id: UUID) -> str:
    """Return the tag of everything cached about an entity."""
    return f"entity:{feature_type}:{entity_id}"


def store_body(entity: NodeEntity, body: bytes) -> None:
    """Keep what `body_of` made of the state that `entity` holds. Without Valkey nothing happens."""
    _store(body_key(entity), body, [entity_tag(entity.feature_type, entity.pk)])


def store_on_commit(entity: NodeEntity, body: bytes) -> None:
    """Do as `store_body` once the running transaction has been committed.

    The entity may be changed further in the meantime; what is kept is its state of now.
    """
    name, tags = body_key(entity), [entity_tag(entity.feature_type, entity.pk)]

    def store() -> None:
        _store(name, body, tags)

    transaction.on_commit(store, robust=True)


def fetch_document(entity: NodeEntity, document: str) -> bytes | None:
    """Return the JSON of a document of the state that `entity` names; None where not kept."""
    return _stored(body_key(entity, document), entity.feature_type)


def store_document(entity: NodeEntity, document: str, content: object) -> bytes:
    """Keep a document of the state that `entity` holds, unless it is large; return its JSON."""
    body = _renderer.render(content)
    if len(body) <= LARGEST_DOCUMENT:
        tags = [entity_tag(entity.feature_type, entity.pk)]
        _store(body_key(entity, document), body, tags)
    return body


def body_of(data: Mapping[str, Any], unsettled: Sequence[str]) -> bytes:
    """Return `data` as JSON with a gap for the value of each unsettled member."""
    gaps = {name: _GAP for name in data if name in unsettled}
    return _shape_of(tuple(data)) + GAP + _renderer.render({**data, **gaps})


def fetch_body(
    entity: NodeEntity, members: Sequence[str], unsettled: Mapping[str, Any]
) -> bytes | None:
    """Return the JSON of the state that `entity` names, or None where it is not kept.

    `members` are those it has to have; `unsettled` the values of some of them, in that order.
    """
    stored = _stored(body_key(entity), entity.feature_type)
    if stored is None:
        return None
    shape, *parts = stored.split(GAP)
    if shape != _shape_of(tuple(members)) or len(parts) != len(unsettled) + 1:
        return None  # another release made it
    pieces = [parts[0]]
    for value, part in zip(unsettled.values(), parts[1:], strict=True):
        pieces += (_renderer.render([value])[1:-1], part)
    return b"".join(pieces)


def _store(name: str, body: bytes, tags: list[str]) -> None:
    nearby.put(name, body)
    cache.set_bytes(name, body, tags=tags)


def _stored(name: str, feature_type: str) -> bytes | None:
    near = nearby.get(name)
    if near is not None:
        count(feature_type, hit=True)
        return near
    stored = cache.get_bytes(name)
    if stored is not None:
        nearby.put(name, stored)
    return stored


@lru_cache(maxsize=256)
def _shape_of(members: tuple[str, ...]) -> bytes:
    return b"%08x" % zlib.crc32(" ".join(members).encode())


def forget_entity(feature_type: str, entity_id: UUID, *, keep: str = "") -> None:
    """Drop every body of an entity, but the one under the key `keep`."""
    cache.invalidate_by_tag(entity_tag(feature_type, entity_id), keep=keep)
