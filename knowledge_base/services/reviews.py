"""Announcing reviews of SOPs on the day for which they were planned."""

from datetime import date

from django.db.models import F
from django.utils import timezone

from accounts.actors import system_actor
from accounts.tenancy import system_scope
from knowledge_base.models import Sop
from node_links.events.recording import record_event

BATCH = 200


def announce_due_reviews(*, day: date | None = None, batch: int = BATCH) -> int:
    """Record `SopReviewDue` for each SOP whose review is due by `day`; return how many.

    `day` is today (UTC) unless given. Each due date is announced once, also where it passed while
    nobody looked; a new date is announced anew. Each batch is a transaction of its own, and the
    mark commits with the event.
    """
    wanted = day or timezone.localdate()
    announced = 0
    while True:
        with system_scope():
            rows = Sop.all_objects.review_due(wanted).select_for_update(
                of=("self",), skip_locked=True
            )
            found = list(rows.order_by("review_due_on", "pk").only(
                "title", "organization_id", "review_due_on")[:batch])  # fmt: skip
            for sop in found:
                _announce(sop)
            # No change of the SOP: neither its revision nor its readers have to do with it.
            told = Sop.all_objects.filter(pk__in=[sop.pk for sop in found])
            told.update(review_told_for=F("review_due_on"))
        announced += len(found)
        if len(found) < batch:
            return announced


def _announce(sop: Sop) -> None:
    due_on = sop.review_due_on
    record_event(
        actor=system_actor(sop.organization_id),
        entity=sop,
        event_type="SopReviewDue",
        data={"name": sop.title, "due_on": due_on and due_on.isoformat()},
    )
