"""Credentials: made, rotated and deleted by administrators, used by steps."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import (
    Conflict,
    FieldError,
    Forbidden,
    NotFound,
    RevisionConflict,
    ValidationFailed,
)
from spindles.choices import CredentialKind
from spindles.models import Credential

_NAME = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z", re.ASCII)
_HEADER = re.compile(r"\A[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z", re.ASCII)
_HOST = re.compile(r"\A(\*\.)?[a-z0-9]([a-z0-9.:-]*[a-z0-9])?\Z", re.ASCII)
# Printable ASCII: what may stand in a header (RFC 9110, section 5.5).
_SECRET = re.compile(r"\A[!-~](?:[ -~]{0,8190}[!-~])?\Z", re.ASCII)
_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True, slots=True)
class Authorization:
    """The header that shows a credential, and the texts that nobody may see in an answer."""

    header: str
    value: str
    secrets: tuple[str, ...]


def create_credential(
    *,
    actor: Actor,
    name: str,
    kind: str,
    secret: str,
    username: str = "",
    header: str = "",
    hosts: Iterable[str] = (),
    description: str = "",
) -> Credential:
    """Create a credential.

    Raises `Forbidden`, `ValidationFailed` with every wrong field, `Conflict` (`duplicate`).
    """
    _require_administrator(actor)
    made = Credential(
        organization_id=actor.tenant_id,
        name=name,
        kind=kind,
        username=username,
        header=header.lower(),
        hosts=list(dict.fromkeys(host.lower().rstrip(".") for host in hosts)),
        description=description,
        secret=secret,
        created_by_id=actor.user_id,
    )
    faults = list(_faults_of(made))
    if faults:
        raise ValidationFailed(errors=faults)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            f"There is a credential {name} already.",
            code="duplicate",
            errors=[FieldError("/name", "duplicate", "Names are unique.")],
        ) from error
    return made


def rotate_credential(
    *, actor: Actor, pk: UUID, secret: str, expected_revision: int | None = None
) -> Credential:
    """Put a new secret in the place of the old one, which is gone.

    Raises `Forbidden`, `NotFound`, `RevisionConflict`, `ValidationFailed`.
    """
    with joined_transaction():
        found = _locked(actor, pk, expected_revision)
        faults = list(_faults_of_secret(secret))
        if faults:
            raise ValidationFailed(errors=faults)
        found.secret, found.rotated_at = secret, timezone.now()
        found.revision += 1
        found.save(update_fields=["secret", "rotated_at", "revision", "updated_at"])
    return found


def delete_credential(*, actor: Actor, pk: UUID, expected_revision: int | None = None) -> None:
    """Delete a credential; steps that name it fail from now on. Raises as `rotate_credential`."""
    with joined_transaction():
        _locked(actor, pk, expected_revision).delete()


def authorize(*, actor: Actor, name: str, url: str) -> Authorization:
    """Return how the credential `name` of the actor's organisation is shown to `url`.

    Raises `NotFound`; `Forbidden` where it may not go to that host.
    """
    found = Credential.objects.filter(organization_id=actor.tenant_id, name=name).first()
    if found is None:
        raise NotFound(f"There is no credential {name}.")
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        host = ""
    if found.hosts and not any(_covers(pattern, host) for pattern in found.hosts):
        raise Forbidden(f"The credential {name} may not be sent to this host.")
    if found.kind == CredentialKind.HEADER:
        return Authorization(found.header, found.secret, (found.secret,))
    if found.kind == CredentialKind.BEARER:
        return Authorization("authorization", f"Bearer {found.secret}", (found.secret,))
    pair = base64.b64encode(f"{found.username}:{found.secret}".encode()).decode()
    return Authorization("authorization", f"Basic {pair}", (found.secret, pair))


def _covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern


def _faults_of(made: Credential) -> Iterable[FieldError]:
    if not _NAME.match(made.name):
        yield FieldError("/name", "invalid", "Letters, digits, `_`, `.` and `-`, at most 100.")
    if made.kind not in CredentialKind.values:
        yield FieldError("/kind", "invalid_choice", "bearer, basic or header.")
    if (made.kind == CredentialKind.HEADER) != bool(made.header):
        yield FieldError("/header", "required" if not made.header else "invalid", _HEADER_RULE)
    elif made.header and (not _HEADER.match(made.header) or made.header in _RESERVED):
        yield FieldError("/header", "invalid", "This is no name of a header that can be sent.")
    if made.kind == CredentialKind.BASIC and not made.username:
        yield FieldError("/username", "required", "A user is needed beside the password.")
    elif made.kind != CredentialKind.BASIC and made.username:
        yield FieldError("/username", "invalid", "Only `basic` has a user.")
    elif ":" in made.username or not made.username.isprintable():
        yield FieldError("/username", "invalid", "A user has no colon (RFC 7617).")
    for index, host in enumerate(made.hosts):
        if not _HOST.match(host):
            yield FieldError(f"/hosts/{index}", "invalid", "A host, or `*.` before one.")
    yield from _faults_of_secret(made.secret)


_HEADER_RULE = "`header`, and only this kind, needs the name of a header."


def _faults_of_secret(secret: str) -> Iterable[FieldError]:
    if not _SECRET.match(secret):
        yield FieldError("/secret", "invalid", "1 to 8192 printable ASCII characters.")


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("This needs the role admin or a higher one.")


def _locked(actor: Actor, pk: UUID, expected_revision: int | None) -> Credential:
    _require_administrator(actor)
    rows = Credential.objects.select_for_update(of=("self",))
    found = rows.filter(organization_id=actor.tenant_id, pk=pk).first()
    if found is None:
        raise NotFound
    if expected_revision is not None and found.revision != expected_revision:
        raise RevisionConflict(found.revision)
    return found
