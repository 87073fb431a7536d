"""What one can listen to, who may, and what the store holds of it.

All methods run in a transaction that has been entered as the reader.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import DateTimeField, F, Func, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actors import Actor
from config.exceptions import Forbidden, NotFound
from node_links.models import NodeEvent
from node_links.realtime import topics
from node_links.realtime.messages import message_of_event, message_of_notification
from node_links.registry import features
from node_links.sights import sights

REMEMBERED = timedelta(hours=24)
# What is sent of the past in one go; who missed more comes back for the rest.
MOST = 10_000
NOTIFICATION: str = "Notification"
# An event is written at most so long before its transaction ends; the server ends idle ones.
LONGEST_TRANSACTION = timedelta(minutes=10)

# What is told is told in the order of commits, which is not the order of writing: a transaction
# that began earlier may end later. Servers that do not keep the times of commits know only when a
# row was written.
COMMITTED = Coalesce(
    Func(
        template="CASE WHEN current_setting('track_commit_timestamp')::bool"
        ' THEN pg_xact_commit_timestamp("node_events".xmin) END',
        output_field=DateTimeField(),
    ),
    F("timestamp"),
)


class Forgotten(Exception):
    """There is no such id among what the last 24 hours have told on this channel."""


class Channel(ABC):
    """Something to listen to, in one organisation."""

    topic: str
    resource: str = "events"

    @abstractmethod
    def require(self, actor: Actor) -> None:
        """Raise `NotFound` or `Forbidden` unless `actor` may listen."""

    @abstractmethod
    def told_since(self, moment: datetime) -> list[UUID]:
        """Return the ids of what was stored after `moment`, the first one first."""

    @abstractmethod
    def told_after(self, last: UUID) -> list[UUID]:
        """Return the ids of what was told after `last`, in order. Raises `Forgotten`."""

    @abstractmethod
    def read(self, ids: Sequence[UUID]) -> dict[UUID, bytes]:
        """Return the messages of those of `ids` that the reader can see."""


class EventChannel(Channel):
    """Events of an organisation, narrowed by `narrowed` to fields of the store."""

    def __init__(self, topic: str, organization_id: UUID, **narrowed: Any) -> None:
        self.topic = topic
        self.organization_id = organization_id
        self._narrowed = narrowed

    def told_since(self, moment: datetime) -> list[UUID]:
        """Return the ids of what was committed after `moment`, the first one first."""
        return _ids(self._from(moment).filter(committed__gt=moment))

    def told_after(self, last: UUID) -> list[UUID]:
        """Return the ids of what was told after `last`, in order. Raises `Forgotten`.

        An aggregate's own sequence is the order of its commits; between aggregates the times of the
        commits decide, and within one transaction the order of writing.
        """
        since = timezone.now() - REMEMBERED
        known: Any = self._from(since).filter(pk=last, timestamp__gt=since).first()
        if known is None:
            raise Forgotten(last)
        same = Q(feature_type=known.feature_type, entity_id=known.entity_id)
        written = Q(timestamp__gt=known.timestamp) | Q(timestamp=known.timestamp, id__gt=known.pk)
        later = Q(committed__gt=known.committed) | (Q(committed=known.committed) & written)
        rows = self._from(known.timestamp)
        return _ids(rows.filter((same & Q(sequence__gt=known.sequence)) | (~same & later)))

    def read(self, ids: Sequence[UUID]) -> dict[UUID, bytes]:
        """Return the messages of those of `ids` that the reader can see."""
        return {row.pk: message_of_event(row) for row in self._rows().filter(pk__in=ids)}

    def _rows(self) -> QuerySet[NodeEvent]:
        return NodeEvent.objects.filter(organization_id=self.organization_id, **self._narrowed)

    def _from(self, moment: datetime) -> QuerySet[Any]:
        """Return, in the order of telling, all that can have been committed since `moment`."""
        rows: QuerySet[Any] = self._rows().filter(timestamp__gt=moment - LONGEST_TRANSACTION)
        rows = rows.annotate(committed=COMMITTED)
        return rows.order_by("committed", "timestamp", "sequence", "id")


class EntityChannel(EventChannel):
    """Events of one entity, for whoever sees it."""

    def __init__(self, organization_id: UUID, feature_type: str, entity_id: UUID) -> None:
        super().__init__(
            topics.of_entity(organization_id, feature_type, entity_id),
            organization_id,
            feature_type=feature_type,
            entity_id=entity_id,
        )
        self._at = feature_type, entity_id

    def require(self, actor: Actor) -> None:
        """Raise `NotFound` where the entity is unknown, foreign or deleted."""
        require_sight(actor, *self._at)


class ExecutionChannel(EventChannel):
    """Events of one execution, for whoever sees what was executed."""

    def __init__(self, organization_id: UUID, execution_id: UUID) -> None:
        super().__init__(
            topics.of_execution(organization_id, execution_id),
            organization_id,
            execution_id=execution_id,
        )
        self._source: tuple[str, UUID] | None = None

    def require(self, actor: Actor) -> None:
        """Raise `NotFound` where nothing is known of the execution or its source is not seen."""
        if self._source is None:
            rows = self._rows().order_by("timestamp", "sequence")
            self._source = rows.values_list("feature_type", "entity_id").first()
        if self._source is None:
            raise NotFound()
        require_sight(actor, *self._source)


class OrganizationChannel(EventChannel):
    """All events of the organisation, for its administrators."""

    def __init__(self, organization_id: UUID) -> None:
        super().__init__(topics.of_organization(organization_id), organization_id)

    def require(self, actor: Actor) -> None:
        """Raise `Forbidden` unless the reader is an administrator."""
        if not actor.is_administrator:
            raise Forbidden("The events of the whole organisation are for its administrators.")


class NotificationChannel(Channel):
    """What the reader is notified of."""

    resource = "notifications"

    def __init__(self, organization_id: UUID, user_id: UUID) -> None:
        self.topic = topics.of_user(organization_id, user_id)
        self._reader = Actor(user_id, organization_id, "")

    def require(self, actor: Actor) -> None:
        """Let everyone hear of their own."""

    def told_since(self, moment: datetime) -> list[UUID]:
        """Return the ids of what was stored after `moment`, the first one first."""
        return _ids(self._rows().filter(created_at__gt=moment))

    def told_after(self, last: UUID) -> list[UUID]:
        """Return the ids of what was told after `last`, in order. Raises `Forgotten`.

        Notices are written one transaction after the other, so that their times are in the order of
        the commits.
        """
        recent = self._rows().filter(created_at__gt=timezone.now() - REMEMBERED)
        known = recent.filter(pk=last).first()
        if known is None:
            raise Forgotten(last)
        written = Q(created_at__gt=known.created_at) | Q(created_at=known.created_at, pk__gt=last)
        return _ids(self._rows().filter(written))

    def read(self, ids: Sequence[UUID]) -> dict[UUID, bytes]:
        """Return the messages of those of `ids` that the reader can see."""
        return {row.pk: message_of_notification(row) for row in self._rows().filter(pk__in=ids)}

    def _rows(self) -> Any:
        rows: Any = apps.get_model("node_links", NOTIFICATION)
        return rows.objects.visible_to(self._reader).order_by("created_at", "pk")


def require_sight(actor: Actor, feature_type: str, entity_id: UUID) -> None:
    """Raise `NotFound` unless `actor` sees this living entity, or what else has events."""
    sees = sights.find(feature_type)
    if sees is not None:
        if not sees(actor, entity_id):
            raise NotFound()
        return
    known = [feature for feature in features.all() if feature.feature_type == feature_type]
    if not known:
        raise NotFound()
    rows: Any = known[0].model.all_objects.visible_to(actor).alive()
    if not rows.filter(pk=entity_id).exists():
        raise NotFound()


def _ids(rows: QuerySet[Any]) -> list[UUID]:
    found: Iterable[UUID] = rows.values_list("pk", flat=True)[:MOST]
    return list(found)
