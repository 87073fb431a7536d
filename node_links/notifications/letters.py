"""A letter: one mail to one person, of one notice or of several about the same thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from node_links.notifications.kinds import kinds
from node_links.notifications.paths import public_address

PREFERENCES = "/api/v1/notifications/preferences/"


@dataclass(frozen=True, slots=True)
class Notice:
    """A claimed row with its person and organisation, in the order of the claiming statement."""

    id: UUID
    organization_id: UUID
    user_id: UUID
    kind: str
    entity_id: UUID
    title: str
    body: str
    url: str
    created_at: datetime
    attempts: int
    organization: str
    address: str
    name: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """Notices, the oldest first, that go out as one mail with the words of the `latest`."""

    notices: tuple[UUID, ...]
    latest: Notice
    first_at: datetime
    attempts: int


def gather(notices: Iterable[Notice]) -> list[Letter]:
    """Return one letter for each notice, and one for all gathered notices about one thing."""
    together: dict[tuple[Any, ...], list[Notice]] = {}
    for notice in notices:
        kind = kinds.get(notice.kind)
        gathered = kind is not None and kind.gathered is not None
        about = (notice.organization_id, notice.user_id, notice.kind, notice.entity_id)
        together.setdefault(about if gathered else (notice.id,), []).append(notice)
    return [
        Letter(
            notices=tuple(notice.id for notice in group),
            latest=group[-1],
            first_at=group[0].created_at,
            attempts=max(notice.attempts for notice in group),
        )
        for group in together.values()
    ]


def compose(letter: Letter, server: Any = None) -> EmailMultiAlternatives:
    """Return the mail, text and HTML, to be sent through the back end `server`."""
    latest, count = letter.latest, len(letter.notices)
    kind = kinds.get(latest.kind)
    template = "generic" if kind is None else kind.template
    context = {
        "title": latest.title,
        "body": latest.body,
        "name": latest.name,
        "organization": latest.organization,
        "count": count,
        "first_at": letter.first_at,
        "address": public_address(latest.url),
        "preferences": public_address(PREFERENCES),
    }
    subject = f"{latest.title} ({count} times)" if count > 1 else latest.title
    mail = EmailMultiAlternatives(
        subject=f"[{_one_line(latest.organization)}] {subject}",
        body=render_to_string(f"emails/{template}.txt", context),
        to=[formataddr((_one_line(latest.name), latest.address))],
        connection=server,
        headers={
            "Message-ID": f"<{letter.notices[0]}@{urlsplit(settings.PUBLIC_URL).hostname}>",
            # RFC 3834: no vacation notes in answer to this.
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string(f"emails/{template}.html", context), "text/html")
    return mail


def _one_line(text: str) -> str:
    """Return `text` without the line breaks that would end a header."""
    return " ".join(text.split())
