"""Who an operator is to services, and how an operator calls them."""

from collections.abc import Callable, Iterable
from typing import Protocol, cast
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from accounts.actors import Actor
from accounts.choices import OPERATOR
from accounts.models import User
from config.admin.acting import act_on_each, act_on_one

Write = Callable[[Actor, UUID], object]


class TenantRow(Protocol):
    """A row of one organisation."""

    pk: UUID
    organization_id: UUID


def operator_of(request: HttpRequest, organization_id: UUID | None) -> Actor:
    """Return the operator of this request, at work inside one organisation."""
    return Actor(cast("User", request.user).pk, organization_id, OPERATOR)


def write_each(request: HttpRequest, chosen: Iterable[TenantRow], done: str, write: Write) -> None:
    """Call `write` for each row as its organisation's operator; see `act_on_each`."""
    act_on_each(
        request,
        chosen,
        done,
        lambda row: write(operator_of(request, row.organization_id), row.pk),
    )


def write_one(request: HttpRequest, row: Model, done: str, write: Write) -> HttpResponse:
    """Call `write` for the row of a dialogue's page likewise; see `act_on_one`."""
    owned = cast("TenantRow", row)
    actor = operator_of(request, owned.organization_id)
    return act_on_one(request, row, done, lambda: write(actor, owned.pk))
