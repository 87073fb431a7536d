"""Celery's way to Valkey, made to survive that Valkey goes away while tasks are running.

When the connection is lost, kombu (5.7) takes its transport apart and then still puts messages back
and acknowledges them over it: for a new connection it looks up an address that is gone. That raises
AttributeError, which nobody expects, and the worker would end with all that it is doing. Told that
the connection is lost, as it is, it opens another one and goes on. The broker hands the messages
out again after its visibility timeout.
"""

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as ValkeyConnectionError


class Channel(redis.Channel):
    """Says of a transport that was taken apart that its connection is lost."""

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if getattr(self.connection, "client", None) is None:
            raise ValkeyConnectionError("The connection to the broker was lost.")
        parameters: dict[str, Any] = super()._connparams(  # type: ignore[misc]  # not in the stubs
            asynchronous
        )
        return parameters


class Transport(redis.Transport):
    """kombu's transport with these channels."""

    Channel = Channel


def install_transport() -> None:
    """Let addresses that begin with `redis://`, `rediss://` or `redis+socket://` mean this one."""
    for name in ("redis", "rediss"):
        TRANSPORT_ALIASES[name] = "config.broker_transport:Transport"
