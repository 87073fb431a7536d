"""The way to the broker once its connection was lost."""

import logging

import pytest
from redis.exceptions import ConnectionError as ValkeyConnectionError

from config.broker_transport import Channel, Transport
from config.celery import app


def test_every_connection_to_the_broker_is_made_by_it() -> None:
    with app.connection_for_read() as connection:
        assert isinstance(connection.transport, Transport)
        channel = connection.default_channel

        assert isinstance(channel, Channel)
        assert channel.client.ping()


def test_what_is_acknowledged_over_a_transport_taken_apart_is_a_lost_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    connection = app.connection_for_write()
    queue = connection.SimpleQueue("test-of-the-transport")
    queue.put({"n": 1})
    message = queue.get(timeout=30)
    queue.queue.delete()
    channel = message.channel
    assert channel is not None
    channel._disconnect_pools()
    connection._do_close_transport()

    with pytest.raises(ValkeyConnectionError, match="was lost"):
        message.ack()
    with caplog.at_level(logging.CRITICAL):
        message.ack_log_error(logging.getLogger("test"), connection.connection_errors)

    assert "Couldn't ack" in caplog.text
    assert connection.connection_errors
    connection.close()
