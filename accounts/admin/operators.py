"""Who an operator is to services."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest

from accounts.actors import Actor
from accounts.choices import OPERATOR
from accounts.models import User


def operator_of(request: HttpRequest, organization_id: UUID | None) -> Actor:
    """Return the operator of this request, at work inside one organisation."""
    return Actor(cast("User", request.user).pk, organization_id, OPERATOR)
