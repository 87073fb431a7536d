"""Sending the mails that wait: claimed, sent, stored; never lost, never in a writer's way.

1. claim (one transaction): take due rows, put their `not_before` one lease ahead, count the try;
2. render and send, with no transaction open and no connection held;
3. store (one transaction): sent, or put off after the first and second failure, or failed.

A run that dies leaves its rows to whoever comes after the lease, so that a mail may arrive twice
but is never lost; its Message-ID is the same then.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from uuid import UUID

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.tenancy import system_scope
from node_links.choices import MailStatus
from node_links.models import Notification
from node_links.notifications import doorbell
from node_links.notifications.kinds import kinds
from node_links.notifications.letters import Letter, Notice, compose, gather

BATCH = 20
LEASE_SECONDS = 300
"""Longer than a batch can take: each message has `EMAIL_TIMEOUT` seconds."""
PAUSES = (1.0, 5.0)
"""Seconds after the first and the second failure; after the third only a person tries again."""
TRIES = len(PAUSES) + 1

_LONGEST_ERROR = 200
_GONE = "The person left the organisation or may not sign in any more."
_ABANDONED = "The process that sent it ended each time."

log = structlog.get_logger(__name__)

# MATERIALIZED: a plan that asks the sub-select twice would lock, and take, more than the limit.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT notification_id FROM notifications
    WHERE status = 'pending' AND not_before <= clock_timestamp()
    ORDER BY not_before, notification_id LIMIT %s FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE notifications n
    SET not_before = clock_timestamp() + make_interval(secs => %s), attempts = n.attempts + 1
    FROM due WHERE n.notification_id = due.notification_id
    RETURNING n.*
)
SELECT c.notification_id, c.organization_id, c.user_id, c.kind, c.entity_id, c.title, c.body,
    c.url, c.created_at, c.attempts, o.name, u.email, u.name,
    u.is_active AND EXISTS (SELECT FROM memberships m
        WHERE m.user_id = u.id AND m.organization_id = o.id)
FROM claimed c JOIN users u ON u.id = c.user_id JOIN organizations o ON o.id = c.organization_id
ORDER BY c.notification_id
"""

# What has come meanwhile about the same entity waits for the end of the pause.
_HOLD_BACK = """
UPDATE notifications g SET not_before = clock_timestamp() + make_interval(secs => %s)
FROM notifications s
WHERE s.notification_id = %s AND g.organization_id = s.organization_id
    AND g.user_id = s.user_id AND g.kind = s.kind AND g.entity_id = s.entity_id
    AND g.channel = 'email' AND g.status = 'pending'
"""


@dataclass(slots=True)
class Outcome:
    """What became of a batch: letters that left, and why the others did not.

    `hopeless` are not tried again. `outage` says that the mail server could not be reached.
    """

    sent: list[Letter] = field(default_factory=list)
    failed: list[tuple[Letter, str]] = field(default_factory=list)
    hopeless: list[tuple[Letter, str]] = field(default_factory=list)
    outage: bool = False


def send_due(batch: int = BATCH) -> int:
    """Send the mails that are due, of all organisations; return how many letters have left.

    Where the mail server is away, what was claimed is put off and the rest stays due.
    """
    sent = 0
    while letters := gather(_claim(batch)):
        outcome = _send(letters)
        _store(outcome)
        sent += len(outcome.sent)
        if outcome.failed:
            doorbell.ring(min(_pause(letter) or PAUSES[0] for letter, _ in outcome.failed))
        if outcome.outage:
            break
    return sent


def resend(mails: Iterable[UUID]) -> int:
    """Make mails due at once, their failures forgotten; return how many there were."""
    found = (
        Notification.objects.mails()
        .filter(pk__in=list(mails))
        .update(
            status=MailStatus.PENDING, attempts=0, not_before=Now(), last_error="", sent_at=None
        )
    )
    transaction.on_commit(doorbell.ring)
    return found


def _claim(size: int) -> list[Notice]:
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [size, LEASE_SECONDS])
        return [Notice(*row) for row in cursor.fetchall()]


def _send(letters: Sequence[Letter]) -> Outcome:
    """Send each letter; whatever goes wrong with one is told on its rows and stops no other."""
    _release_connection()
    outcome = Outcome()
    server = get_connection()
    waiting = [letter for letter in letters if not _given_up(letter, outcome)]
    for index, letter in enumerate(waiting):
        try:
            server.open()
        except (OSError, SMTPException) as error:
            outcome.outage = True
            outcome.failed += [(left, _describe(error)) for left in waiting[index:]]
            log.warning("mail_server_away", error=_describe(error), letters=len(waiting) - index)
            return outcome
        try:
            compose(letter, server).send()
        except Exception as error:
            # A letter that no server takes, or that cannot be written, must not stop the others.
            log.warning("mail_failed", kind=letter.latest.kind, exc_info=True)
            outcome.failed.append((letter, _describe(error)))
            _close(server)
        else:
            outcome.sent.append(letter)
    _close(server)
    return outcome


def _given_up(letter: Letter, outcome: Outcome) -> bool:
    if not letter.latest.reachable:
        outcome.hopeless.append((letter, _GONE))
    elif letter.attempts > TRIES:
        outcome.hopeless.append((letter, _ABANDONED))
    else:
        return False
    return True


def _close(server: BaseEmailBackend) -> None:
    with suppress(OSError, SMTPException):  # it may be broken, which is why it is closed
        server.close()


def _release_connection() -> None:
    """Give the database connection back: a mail server may take its time.

    Only where no transaction is open, as in every worker; closing would end it.
    """
    if not connection.in_atomic_block:
        connection.close()


def _store(outcome: Outcome) -> None:
    with system_scope(), connection.cursor() as cursor:
        _store_sent(outcome.sent, cursor)
        for letter, reason in outcome.hopeless:
            _rows(letter).update(status=MailStatus.FAILED, last_error=reason)
        for letter, reason in outcome.failed:
            pause = _pause(letter)
            if pause is None:
                _rows(letter).update(status=MailStatus.FAILED, last_error=reason)
            else:
                later = Now() + timedelta(seconds=pause)
                _rows(letter).update(not_before=later, last_error=reason)


def _store_sent(letters: Sequence[Letter], cursor: CursorWrapper) -> None:
    for letter in letters:
        _rows(letter).update(status=MailStatus.SENT, sent_at=Now(), last_error="")
        kind = kinds.get(letter.latest.kind)
        if kind is not None and kind.gathered is not None:
            cursor.execute(_HOLD_BACK, [kind.gathered.total_seconds(), letter.notices[0]])


def _rows(letter: Letter) -> QuerySet[Notification]:
    return Notification.objects.filter(pk__in=letter.notices, status=MailStatus.PENDING)


def _pause(letter: Letter) -> float | None:
    """Return the seconds until the next try, None after the last."""
    return PAUSES[letter.attempts - 1] if letter.attempts < TRIES else None


def _describe(error: Exception) -> str:
    """Return the class and the server's code: its words may repeat the address or a password."""
    code = getattr(error, "smtp_code", None) or getattr(error, "strerror", None)
    if isinstance(error, SMTPRecipientsRefused):
        code = ", ".join(str(answer[0]) for answer in error.recipients.values())
    return f"{type(error).__name__} {code or ''}".strip()[:_LONGEST_ERROR]
