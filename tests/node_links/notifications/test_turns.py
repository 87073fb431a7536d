"""Several relays write notices at once, and a person's stream tells them in one order."""

import threading

import pytest
from django.db import connection, transaction

from accounts.tenancy import scope
from node_links.notifications.telling import tell
from node_links.realtime.channels import NotificationChannel
from tests.factories import make_cast
from tests.node_links.notifications.conftest import deliver, failed_run
from tests.node_links.notifications.conftest import told as notices

# Those of this database who stand in line for the turn.
_WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def in_line() -> int:
    """Return how many wait for their turn to write notices."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_notices_of_two_relays_have_their_times_in_the_order_of_their_commits() -> None:
    cast = make_cast()
    first, second = failed_run(cast.viewer), failed_run(cast.viewer)

    def deliver_second() -> None:
        try:
            deliver(second)
        finally:
            connection.close()

    other_relay = threading.Thread(target=deliver_second)
    with transaction.atomic():
        deliver(first)
        other_relay.start()
        while not in_line():
            assert other_relay.is_alive()
        tell_again = tell(first)  # whoever has the turn need not wait for it
    other_relay.join(20)

    assert tell_again == 0
    one, two = notices(channel="in_app")
    assert [one.event_id, two.event_id] == [first.id, second.id]
    assert one.created_at < two.created_at
    with scope(cast.viewer.actor):
        channel = NotificationChannel(cast.organization.pk, cast.viewer.user.pk)
        assert channel.told_after(one.pk) == [two.pk]
        assert channel.told_after(two.pk) == []
