"""How far delivering lags behind, over all organisations."""

from django.db import connection

from accounts.tenancy import system_scope
from node_links.choices import DeadLetterStatus, DeliveryStatus
from node_links.events.subscribing import subscribers
from node_links.models import DeadLetter, EventDelivery

# The first row of each subscriber in the index, instead of all that wait.
_LAG = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - first.not_before)), 0)::float8
FROM unnest(%s::text[]) AS name CROSS JOIN LATERAL (
    SELECT not_before FROM event_deliveries WHERE subscriber = name AND status = 'pending'
    ORDER BY not_before, event_id LIMIT 1
) first
"""


def pending() -> int:
    """Return how many deliveries wait, those that wait for another try included."""
    with system_scope():
        return EventDelivery.objects.filter(status=DeliveryStatus.PENDING).count()


def lag() -> float:
    """Return for how many seconds the oldest due delivery has waited, 0 if none is due."""
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_LAG, [[subscriber.name for subscriber in subscribers.all()]])
        row = cursor.fetchone()
    return max(0.0, float(row[0])) if row else 0.0


def dead_letters() -> int:
    """Return how many events wait for somebody's decision."""
    with system_scope():
        return DeadLetter.objects.filter(status=DeadLetterStatus.OPEN).count()
