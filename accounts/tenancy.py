"""The tenant of a transaction: the one place that tells PostgreSQL whose rows may be seen.

Row-level security reads three settings of the running transaction: `app.organization_id`,
`app.user_id` and `app.role`. Unset means that nothing is visible. `app.request_id` goes with them,
for the audit trail. They are always set *locally*, so that they end with the transaction and cannot
leak through a pooled connection. (A `reset` of the pool would say the same a second time, for about
0.1 ms of every request: a statement and a thread.)

Who opens a transaction sets them through this module:

- a REST request: its authentication class calls `enter_member()` inside the view's transaction;
- an admin page: `OperatorMiddleware` holds a `scope()` open until the page is rendered;
- a task, a command, each batch of a stream, and a callback after commit: `scope()`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from accounts.actors import Actor, system_actor
from config.db import prepared_cursor
from config.replica import reading_alias
from config.request_context import current_request_id

_SETTINGS = ("app.organization_id", "app.user_id", "app.role", "app.request_id")
_SET = "SELECT " + ", ".join("set_config(%s, %s, true)" for _ in _SETTINGS)
_GET = "SELECT " + ", ".join("coalesce(current_setting(%s, true), '')" for _ in _SETTINGS)

_ENTER_MEMBER = "SELECT * FROM enter_member(%s, %s, %s, %s) AS member"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a tenant in the very statement that enters it, without a round trip.

    `function` is a table function of PostgreSQL that is called, once the tenant has been entered,
    with the organisation's id and then `parameters`; a constant of the code, never a caller's text.
    """

    function: str
    parameters: Sequence[Any]


def enter(actor: Actor) -> None:
    """Make the running transaction see what `actor` may see.

    Raises `TransactionManagementError` outside a transaction, where it would be lost at once.
    """
    _apply(_values(actor))


def enter_member(
    user_id: UUID,
    *,
    slug: str | None = None,
    organization_id: UUID | None = None,
    ask: Question | None = None,
) -> tuple[Any, ...] | None:
    """Find a membership of an active user and make the running transaction that member's.

    Returns (organisation id, role, e-mail address, name, is staff) of the membership in the
    organisation named by `slug` or `organization_id`, by default of the oldest one; None where
    there is none, and then the transaction sees no more than the user's own memberships. With `ask`
    the first row of the answer follows, or as many None where the function returned no row.
    """
    using = reading_alias()
    _require_transaction(using)
    statement, parameters = _ENTER_MEMBER, [user_id, slug, organization_id, current_request_id()]
    if ask is not None:
        places = ", ".join(["member.organization_id", *["%s"] * len(ask.parameters)])
        # LATERAL with a function: it runs after the membership was found and its settings made.
        statement += f" LEFT JOIN LATERAL {ask.function}({places}) AS answer ON true"
        parameters += ask.parameters
    with prepared_cursor(using) as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def enter_access_key(key_hash: str) -> None:
    """Let the running transaction see the one access key whose hash is `key_hash`."""
    _require_transaction(DEFAULT_DB_ALIAS)
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT set_config('app.access_key_hash', %s, true)", [key_hash])


def writing_scope(actor: Actor) -> AbstractContextManager[Actor | None]:
    """Open a scope for a write beside the reads of a request.

    Where the request reads from `default` it has entered its tenant there already.
    """
    return nullcontext() if reading_alias() == DEFAULT_DB_ALIAS else scope(actor)


@contextmanager
def scope(actor: Actor, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[Actor]:
    """Open a transaction in which `actor` is at work; its end restores a surrounding scope."""
    # An outermost scope has nothing to restore: its settings end with its transaction. Where the
    # block raises, the rollback to the savepoint restores them.
    nested = connections[using].in_atomic_block
    with transaction.atomic(using=using):
        outer = _current(using) if nested else None
        _apply(_values(actor), using)
        yield actor
        if outer is not None:
            _apply(outer, using)


def system_scope(organization_id: UUID | None = None) -> AbstractContextManager[Actor]:
    """Open a transaction for the platform's own work, across organisations or inside one."""
    return scope(system_actor(organization_id))


def on_commit(actor: Actor, callback: Callable[[], object]) -> None:
    """Run `callback` in a scope of `actor` once the running transaction has been committed."""
    transaction.on_commit(partial(_run_scoped, actor, callback))


def _run_scoped(actor: Actor, callback: Callable[[], object]) -> None:
    with scope(actor):
        callback()


def _values(actor: Actor) -> tuple[str, ...]:
    ids = _text(actor.organization_id), _text(actor.user_id)
    return *ids, actor.role, current_request_id() or ""


def _current(using: str) -> tuple[str, ...]:
    with connections[using].cursor() as cursor:
        cursor.execute(_GET, _SETTINGS)
        row = cursor.fetchone()
    return tuple(row or ("",) * len(_SETTINGS))


def _apply(values: tuple[str, ...], using: str = DEFAULT_DB_ALIAS) -> None:
    _require_transaction(using)
    parameters = [part for pair in zip(_SETTINGS, values, strict=True) for part in pair]
    with prepared_cursor(using) as cursor:
        cursor.execute(_SET, parameters)


def _require_transaction(using: str) -> None:
    if not connections[using].in_atomic_block:
        raise transaction.TransactionManagementError("A tenant is set inside a transaction only.")


def _text(value: UUID | None) -> str:
    return "" if value is None else str(value)
