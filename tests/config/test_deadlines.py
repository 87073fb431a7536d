"""Time for the whole of an exchange."""

import ssl
from typing import Any

import httpcore2
import pytest

from config.deadlines import TimedStream, deadline, remaining
from config.outbound import GuardedBackend


class Echo(httpcore2.NetworkStream):
    """Remembers with which time-outs it is used."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.timeouts.append(timeout)
        return b"x"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.timeouts.append(timeout)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        self.timeouts.append(timeout)
        return self

    def get_extra_info(self, info: str) -> Any:
        return info


def test_without_a_deadline_time_outs_stay_as_they_are() -> None:
    echo = Echo()
    stream = TimedStream(echo)

    stream.read(1, 3.0)
    stream.write(b"x")
    stream.start_tls(ssl.create_default_context())

    assert echo.timeouts == [3.0, None, None]
    assert stream.get_extra_info("socket") == "socket"


def test_a_wait_ends_with_the_exchange_and_the_limit_ends_with_its_block() -> None:
    echo = Echo()
    stream = TimedStream(echo)
    with deadline(60):
        stream.read(1, 3.0)
        encrypted = stream.start_tls(ssl.create_default_context(), timeout=90.0)
        encrypted.write(b"x")

    assert remaining(7.0) == 7.0
    assert echo.timeouts[0] == 3.0
    assert [59 < (waited or 0) <= 60 for waited in echo.timeouts[1:]] == [True, True]


def test_nothing_is_begun_after_the_end() -> None:
    stream = TimedStream(Echo())
    with deadline(-1):
        with pytest.raises(httpcore2.ReadTimeout):
            stream.read(1)
        with pytest.raises(httpcore2.WriteTimeout):
            stream.write(b"x")
        with pytest.raises(httpcore2.ConnectTimeout):
            stream.start_tls(ssl.create_default_context())
        with pytest.raises(httpcore2.ConnectTimeout):
            GuardedBackend(()).connect_tcp("93.184.216.34", 80)
