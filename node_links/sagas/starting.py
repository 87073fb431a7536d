"""Storing a saga with all its steps, before the first of them runs."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from config.db import joined_transaction
from config.doorbells import send
from config.request_context import current_request_id
from node_links.models import Saga, SagaStep
from node_links.sagas.claiming import lease_end
from node_links.sagas.definitions import sagas

# By name: tasks stand above what they call.
SAGA_RUN = "node_links.tasks.sagas.run_saga"


def start_saga(
    *,
    actor: Actor,
    name: str,
    payload: dict[str, Any],
    step_payloads: Mapping[str, dict[str, Any]] | None = None,
    enqueue: bool = True,
) -> Saga:
    """Store a saga, in the running transaction if there is one; return it, pending.

    `payload` and `step_payloads` (`{step: part}`) are JSON. A worker runs it after the commit; who
    runs it right after the commit by `run_saga` says `enqueue=False`. Should neither come to it,
    the sweeper does, one lease later. Raises `UnknownSaga`; `Forbidden` outside any organisation.
    """
    definition = sagas.get(name)
    parts = step_payloads or {}
    with joined_transaction():
        saga = Saga.objects.create(
            organization_id=actor.tenant_id,
            name=name,
            payload=payload,
            created_by_id=actor.user_id,
            role=actor.role,
            correlation_id=current_request_id(),
            lease_until=lease_end(),
        )
        SagaStep.objects.bulk_create(
            SagaStep(
                organization_id=saga.organization_id,
                saga=saga,
                position=position,
                name=step.name,
                payload=parts.get(step.name, {}),
            )
            for position, step in enumerate(definition.steps, start=1)
        )
        if enqueue:
            enqueue_saga(saga.pk)
    return saga


def enqueue_saga(saga_id: UUID) -> None:
    """Ask a worker to run the saga once the running transaction is committed.

    A broker that is away costs nothing but time: the stored row is the truth, and is swept up.
    """
    transaction.on_commit(partial(send, SAGA_RUN, saga_id))
