"""Refusals of sensitive acts: put on record when the refused request has been rolled back."""

from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, models
from django.http import HttpResponseBase

from accounts.actors import Actor
from accounts.tenancy import scope
from config.api.views import Conventions
from node_links.audit.accessing import record_access
from node_links.models import NodeEntity

logger = structlog.get_logger(__name__)

ACT_REFUSED = "ActRefused"


def record_refusal(response: HttpResponseBase) -> None:
    """Put the refusal that `response` (403) tells on record, where its view names the act.

    Opens a transaction of its own. A trail that cannot be written is logged and leaves the refusal
    as it is: nothing was done that would have to be taken back.
    """
    context: dict[str, Any] = getattr(response, "renderer_context", None) or {}
    view, actor = context.get("view"), getattr(context.get("request"), "auth", None)
    if not isinstance(view, Conventions) or not isinstance(actor, Actor):
        return
    act = view.sensitive_act()
    if act is None or actor.organization_id is None:
        return
    try:
        _record(actor, view, act, getattr(response, "data", None) or {})
    except DatabaseError:
        logger.exception("refusal_not_recorded", act=act)


def _record(actor: Actor, view: Conventions, act: str, problem: dict[str, Any]) -> None:
    model = _model(view)
    record_id = _id(view.kwargs.get("pk"))
    told = {"action": act, "code": problem.get("code"), "reason": problem.get("detail")}
    with scope(actor):
        record_access(
            actor=actor,
            table_name=model._meta.db_table,
            record_id=record_id or "",
            event_type=ACT_REFUSED,
            event_data=told,
            entity_id=record_id if issubclass(model, NodeEntity) else None,
            refused=True,
        )


def _model(view: Conventions) -> type[models.Model]:
    """Return the model of the view's rows: its `model`, else that of its queryset."""
    queryset: Any = getattr(view, "queryset", None)
    model: type[models.Model] = getattr(view, "model", None) or queryset.model
    return model


def _id(text: object) -> UUID | None:
    """Return the id in the address; None where the address names no row."""
    try:
        return UUID(str(text))
    except ValueError:
        return None
