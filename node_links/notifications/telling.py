"""From an event to rows: who is told what through which channel, once for all."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from config.ids import uuid7
from node_links.choices import NotificationChannel
from node_links.events.envelope import Event
from node_links.notifications import doorbell
from node_links.notifications.kinds import Kind, kinds
from node_links.notifications.subjects import subject_of

CHANNEL = "nodeloom_notifications"
"""PostgreSQL's NOTIFY channel: `{"id", "user", "organization"}` of each notice in the product."""

_LONGEST_TITLE = 300

# Held to the end of the transaction by whoever writes notices: of two relays the one that writes
# later commits later, so that a person's notices are told in the order of their times.
_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"

# Members who may sign in, with what they chose; a person who chose nothing has no row on the right.
_MEMBERS = """
SELECT m.user_id, p.channel, p.enabled
FROM memberships m
JOIN users u ON u.id = m.user_id AND u.is_active
LEFT JOIN notification_preferences p
    ON p.organization_id = m.organization_id AND p.user_id = m.user_id AND p.kind = %s
WHERE m.organization_id = %s AND m.user_id = ANY(%s)
"""

# A gathered mail waits for the one that waits already, and for the end of the pause since the last.
_INSERT = f"""
WITH told AS (
    INSERT INTO notifications (notification_id, organization_id, user_id, kind, channel, event_id,
        title, body, url, feature_type, entity_id, status, attempts, not_before, last_error,
        created_at)
    SELECT n.id, %(organization)s, n.user_id, %(kind)s, n.channel, %(event)s,
        %(title)s, %(body)s, %(url)s, %(feature)s, %(entity)s,
        CASE n.channel WHEN 'email' THEN 'pending' ELSE '' END, 0,
        CASE n.channel WHEN 'email' THEN greatest(clock_timestamp(), (
            SELECT max(coalesce(g.sent_at + make_interval(secs => %(pause)s), g.not_before))
            FROM notifications g
            WHERE g.organization_id = %(organization)s AND g.user_id = n.user_id
                AND g.kind = %(kind)s AND g.entity_id = %(entity)s AND g.channel = 'email'
                AND g.status IN ('pending', 'sent') AND %(pause)s > 0
        )) END,
        '', clock_timestamp()
    FROM unnest(%(ids)s::uuid[], %(users)s::uuid[], %(channels)s::text[])
        AS n (id, user_id, channel)
    ON CONFLICT (event_id, user_id, channel) DO NOTHING
    RETURNING notification_id, user_id, channel
)
SELECT channel, CASE channel WHEN 'in_app' THEN pg_notify('{CHANNEL}', json_build_object(
    'id', notification_id, 'user', user_id, 'organization', %(organization)s::uuid)::text) END
FROM told
"""  # noqa: S608 - a constant only


def tell(event: Event) -> int:
    """Write the notices of `event` for everybody it concerns; return how many are new.

    Runs in the transaction in which the event is delivered. A second delivery adds nothing.
    """
    return sum(
        _tell(event, kind) for kind in kinds.of_event(event.event_type) if kind.concerns(event)
    )


def _tell(event: Event, kind: Kind) -> int:
    people = set(kind.recipients(event))
    if not kind.tells_actor:
        people -= {event.user_id}
    chosen = _chosen(kind, event.organization_id, people)
    if not chosen:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_IN_TURN, [CHANNEL])
        cursor.execute(_INSERT, _values(event, kind, chosen))
        channels = [row[0] for row in cursor.fetchall()]
    if NotificationChannel.EMAIL in channels:
        transaction.on_commit(doorbell.ring)
    return len(channels)


def _chosen(
    kind: Kind, organization_id: UUID, people: Iterable[UUID]
) -> list[tuple[UUID, NotificationChannel]]:
    """Return (person, channel) of those who belong, may sign in and want to hear of it."""
    wanted = sorted(people)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [kind.name, organization_id, wanted])
        rows: list[tuple[UUID, str | None, bool | None]] = cursor.fetchall()
    choices = {(user, channel): enabled for user, channel, enabled in rows}
    members = sorted({user for user, _, _ in rows})
    return [
        (user, channel)
        for user in members
        for channel in NotificationChannel
        if choices.get((user, channel), channel in kind.channels)
    ]


def _values(
    event: Event, kind: Kind, chosen: list[tuple[UUID, NotificationChannel]]
) -> dict[str, Any]:
    words = kind.words(event)
    feature_type, entity_id = subject_of(event)
    return {
        "organization": event.organization_id,
        "kind": kind.name,
        "event": event.id,
        # One line: a line break would end the header of a mail.
        "title": " ".join(words.title.split())[:_LONGEST_TITLE],
        "body": words.body,
        "url": words.path,
        "feature": feature_type,
        "entity": entity_id,
        "pause": 0.0 if kind.gathered is None else kind.gathered.total_seconds(),
        "ids": [uuid7() for _ in chosen],
        "users": [user for user, _ in chosen],
        "channels": [channel.value for _, channel in chosen],
    }
