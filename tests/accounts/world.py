"""Two organisations with rows in every table that belongs to one."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from accounts.choices import Role
from accounts.models import Organization
from accounts.tenancy import scope
from config.ids import uuid7
from config.models import IdempotencyKey
from function_models.compiling.compile import compile_canvas
from function_models.models import FunctionModelVersion, LastingContext
from knowledge_base.models import Sop
from knowledge_base.services.sops import publish_sop
from node_links.links.strength import METRICS
from node_links.models import (
    CustomEventType,
    DeadLetter,
    DedupKey,
    EventDelivery,
    EventReplay,
    Export,
    LinkDrift,
    LinkStrengthCalculation,
    NodeEvent,
    NodeLink,
    NodeLinkType,
    NodeMetadata,
    Notification,
    NotificationPreference,
)
from node_links.models.sagas import Saga, SagaStep
from node_links.models.search import NodeChunk, NodePosting
from node_links.services.versions import publish_entity
from node_links.webhooks.services import create_webhook, ping_webhook
from spindles.engine.session import Session
from spindles.engine.starting import start_execution
from spindles.models import ExecutionSnapshot, Spindle, SpindleTrigger, TriggerFiring
from spindles.registry.runnables import runnables
from spindles.services.credentials import create_credential
from spindles.services.plans import store_plan
from spindles.services.publishing import publish_spindle
from tests.accounts.conftest import make_key
from tests.factories import Person, make_model, make_person, make_sop, make_spindle


@dataclass(frozen=True)
class World:
    """Two owners of two organisations, and an SOP of each."""

    ann: Person
    bob: Person
    sop_of_ann: Sop
    sop_of_bob: Sop


def make_world() -> World:
    """Return two organisations that have a row in every tenant table."""
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    return World(ann, bob, _fill(ann), _fill(bob))


def _fill(person: Person) -> Sop:
    make_sop(person, title="Start the pump", content="# Start\n\nOpen the valve.")
    sop = make_sop(
        person, title="Stop it", content="# Stop\n\nSee [[Start the pump]] and [[None]]."
    )
    make_key(person)
    tenant = person.organization
    with scope(person.actor):
        publish_sop(actor=person.actor, pk=sop.pk)
        model = make_model(person)
        store_plan(actor=person.actor, plan=compile_canvas(model.canvas))
        LastingContext.objects.create(organization=tenant, entity=model, node_id="root")
        publish_entity(
            FunctionModelVersion, actor=person.actor, entity=model, version=None, notes=""
        )
        spindle = make_spindle(person, steps=[{"id": "wait", "kind": "noop"}])
        publish_spindle(actor=person.actor, pk=spindle.pk)
        _ran(person, spindle)
        node = NodeMetadata.objects.filter(entity_id=sop.pk).first()
        # The index is filled by a task; a row of each kind is enough here.
        NodeChunk.objects.get_or_create(
            organization=tenant, node=node, ordinal=9, defaults={"content_hash": "-"}
        )
        NodePosting.objects.get_or_create(
            organization=tenant, node=node, lexeme="stop", defaults={"frequency": 1}
        )
        NodeLinkType.objects.create(organization=tenant, type_name="repairs")
        _linked(tenant)
        CustomEventType.objects.create(organization=tenant, name="Pumped", version=1, schema={})
        DedupKey.objects.create(organization=tenant, key="key:k", event_id=uuid7())
        saga = Saga.objects.create(
            organization=tenant, name="archive_sop", role=person.role, lease_until=timezone.now()
        )
        SagaStep.objects.create(organization=tenant, saga=saga, position=1, name="archive")
        _undelivered(NodeEvent.objects.filter(entity_id=sop.pk)[0])
        EventReplay.objects.create(organization=tenant, request={}, total=1)
        Export.objects.create(
            organization=tenant, kind="function-models", format="json", requested_by=person.user
        )
        webhook, _ = create_webhook(actor=person.actor, url="https://example.com/", types=["*"])
        ping_webhook(actor=person.actor, pk=webhook.pk)
        create_credential(actor=person.actor, name="billing", kind="bearer", secret="token")
        Notification.objects.create(
            organization=tenant, user=person.user, channel="in_app", event_id=uuid4(),
            entity_id=sop.pk
        )  # fmt: skip
        NotificationPreference.objects.create(
            organization=tenant, user=person.user, kind="x", channel="email", enabled=False
        )
        IdempotencyKey.objects.create(
            organization_id=tenant.pk,
            user_id=person.user.pk,
            method="POST",
            path="/",
            key="k",
            fingerprint=b"",
            headers={},
            body=b"",
            status=201,
        )
    return sop


def _ran(person: Person, spindle: Spindle) -> None:
    """Let a spindle have run, by a trigger, with all that a run leaves behind."""
    prepared = runnables.get("spindle").prepare(
        actor=person.actor,
        target=str(spindle.pk),
        version=None,
        environment="production",
        inputs={},
    )
    run = start_execution(actor=person.actor, prepared=prepared)
    Session(run.organization_id, run.pk).drive()
    own = {"organization_id": run.organization_id}
    ExecutionSnapshot.objects.create(**own, execution=run, number=1, percent=100, content={})
    trigger = SpindleTrigger.objects.create(
        **own, spindle=spindle, key="nightly", kind="schedule", version="1.0.0"
    )
    TriggerFiring.objects.create(
        **own,
        trigger=trigger,
        spindle=spindle,
        outcome="started",
        execution=run,
        created_at=timezone.now(),
    )


def _linked(tenant: Organization) -> None:
    """Let a link of the organisation have a history, and have drifted."""
    link = NodeLink.objects.filter(organization=tenant)[0]
    LinkDrift.objects.create(
        link=link, organization=tenant, status="broken", reason="version_gone", from_version="9.0.0"
    )
    numbers = dict.fromkeys((*METRICS, "base_strength", "final_strength"), Decimal("0.5"))
    bonuses = dict.fromkeys(("frequency_bonus", "semantic_bonus", "context_bonus"), Decimal(0))
    LinkStrengthCalculation.objects.create(
        link=link, organization=tenant, source="supplied", **numbers, **bonuses
    )


def _undelivered(event: NodeEvent) -> None:
    """Let an event wait for one subscriber, and be refused by another."""
    now = event.timestamp
    row = {"organization_id": event.organization_id, "event": event, "subscriber": "search"}
    EventDelivery.objects.create(
        **row,
        feature_type=event.feature_type,
        entity_id=event.entity_id,
        sequence=event.sequence,
    )
    DeadLetter.objects.create(
        **row, error="OSError: no", tries=3, first_failed_at=now, last_failed_at=now
    )
