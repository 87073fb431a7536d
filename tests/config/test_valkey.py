"""What one process remembers about Valkey being away."""

import pytest
from django_redis import get_redis_connection
from redis import Redis
from redis.exceptions import ConnectionError as ValkeyConnectionError
from redis.exceptions import ResponseError
from structlog.testing import capture_logs

from config import valkey
from config.valkey import Outage


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_after_a_lost_connection_nobody_asks_for_two_seconds_and_one_warning_a_minute() -> None:
    clock = Clock()
    outage = Outage(clock)
    paused = [outage.paused]

    with capture_logs() as logs:
        for _ in range(61):
            outage.note(ValkeyConnectionError("gone"))
            clock.now += 1
            paused.append(outage.paused)
    clock.now += 1
    paused.append(outage.paused)

    assert paused == [False, *[True] * 61, False]
    assert [(one["event"], one["error"]) for one in logs] == [
        ("valkey_unavailable", "ConnectionError")
    ] * 2


def test_an_error_of_one_command_does_not_pause() -> None:
    outage = Outage(Clock())

    outage.note(ResponseError("WRONGTYPE"))

    assert not outage.paused


def test_a_question_is_not_asked_while_paused(store: Redis) -> None:
    asked: list[Redis] = []
    valkey.outage.note(ValkeyConnectionError("gone"))

    assert valkey.ask(asked.append, None) is None
    valkey.outage.reset()

    assert asked == []
    assert valkey.ask(lambda client: client.ping(), False) is True


@pytest.mark.usefixtures("valkey_away")
def test_the_second_question_does_not_try_to_connect() -> None:
    tried: list[Redis] = []

    def ask(client: Redis) -> bytes:
        tried.append(client)
        return b"pong" if client.ping() else b""

    assert [valkey.ask(ask, b"none") for _ in range(20)] == [b"none"] * 20
    assert len(tried) == 1
    assert tried[0].connection_pool is get_redis_connection("default").connection_pool
