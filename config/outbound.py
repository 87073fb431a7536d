"""HTTP to the outside, through one client factory that cannot be turned against the inside.

Addresses come from users (webhooks, HTTP steps), so a host name may point at our own network or a
cloud's metadata service. The guard sits where the socket is opened: it resolves the name, drops
every address that is not public, and connects to the very address that it checked. A redirect opens
a new socket and so passes the guard again, and a second DNS answer (rebinding) is never asked for.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
from django.conf import settings

from config.deadlines import TimedStream, remaining
from config.exceptions import DomainError, ExternalServiceException
from config.request_context import current_causation_id, current_request_id
from config.resilience.transient import retry_after_seconds

TIMEOUT = httpx2.Timeout(30.0, connect=5.0)
MAX_REDIRECTS = 5

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Public addresses that clouds answer from inside the machine's own network.
METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class OutboundRefused(DomainError):
    """The address lies in a network that requests from here may not reach."""

    code = "outbound_refused"
    default_detail = "This address may not be reached from here."


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry of `OUTBOUND_ALLOW`: a host name or a network, on one port or on all."""

    host: str | None
    network: Network | None
    port: int | None

    @classmethod
    def parse(cls, entry: str) -> "Allowance":
        """Read `host`, `host:port`, `10.0.0.0/8`, `10.1.2.3:80`, `[::1]:80` or an IPv6 address.

        Raises:
            ValueError: it is none of these.
        """
        try:
            return cls(None, ipaddress.ip_network(entry, strict=False), None)
        except ValueError:
            parts = urlsplit(f"//{entry}")
        if not parts.hostname or parts.path or parts.query or parts.username is not None:
            raise ValueError(f"Not a host, host:port or network: {entry!r}")
        try:
            return cls(None, ipaddress.ip_network(parts.hostname), parts.port)
        except ValueError:
            return cls(parts.hostname, None, parts.port)

    @classmethod
    def of_url(cls, url: str) -> "Allowance":
        """Return the allowance for exactly the host and port of an operator's `url`."""
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return cls.parse(f"{host}:{port}")

    def covers(self, host: str, address: Address, port: int) -> bool:
        """Return whether a connection to `address`, found under the name `host`, is allowed."""
        if self.port not in (None, port):
            return False
        if self.network is not None:
            return address in self.network
        return self.host == host.lower().rstrip(".")


def is_public(address: Address) -> bool:
    """Return whether `address` belongs to the internet at large (IANA special-purpose registries).

    Private, loopback, link-local, shared, unspecified, multicast and reserved ones do not, nor does
    an IPv6 address that carries such an IPv4 address inside (mapped, 6to4, Teredo, NAT64).
    """
    if isinstance(address, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(address.packed[-4:]) if address in NAT64 else None
        if plain := address.ipv4_mapped or translated:
            return is_public(plain)
        tunnels = [address.sixtofour, *(address.teredo or ())]
        if address.is_site_local or any(end and not is_public(end) for end in tunnels):
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and address not in METADATA
    )


class GuardedBackend(httpcore2.SyncBackend):
    """Opens TCP connections to permitted addresses only."""

    def __init__(self, allow: Iterable[Allowance]) -> None:
        self._allow = tuple(allow)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Resolve `host`, and connect to the first permitted address that answers.

        Raises:
            OutboundRefused: the name has addresses, and none is permitted.
            httpcore2.ConnectError: the name is unknown, or nothing answers.
        """
        permitted = [found for found in _resolve(host, port) if self.permits(host, found, port)]
        if not permitted:
            raise OutboundRefused(extra={"host": host})
        for address in permitted[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(permitted[-1], port, timeout, local_address, socket_options)

    def _connect(
        self, address: Address, port: int, timeout: float | None, *options: Any
    ) -> httpcore2.NetworkStream:
        left = remaining(timeout)
        if left is not None and left <= 0:
            raise httpcore2.ConnectTimeout("The exchange took too long.")
        return TimedStream(super().connect_tcp(str(address), port, left, *options))

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:
        """Refuse: nothing outside is reached through a file."""
        raise OutboundRefused

    def permits(self, host: str, address: Address, port: int) -> bool:
        """Return whether a connection to `address`, found under the name `host`, may be opened."""
        if is_public(address):
            return True
        return any(allowance.covers(host, address, port) for allowance in self._allow)


def is_forbidden_literal(url: str) -> bool:
    """Return whether `url` names an address, not a host, and one that may not be reached.

    Every way of writing an address counts that the system would connect to (`127.1`, `0x7f000001`).
    A host name is looked at when the connection is opened: what it resolves to may change.
    Raises `ValueError` for what is no address at all.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    try:
        found = _resolve(host, port, socket.AI_NUMERICHOST)
    except httpcore2.ConnectError:
        return False
    guard = GuardedBackend(Allowance.parse(entry) for entry in settings.OUTBOUND_ALLOW)
    return not any(guard.permits(host, address, port) for address in found)


def _resolve(host: str, port: int, flags: int = 0) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"The name {host} is not known.") from error
    # A scope (`fe80::1%eth0`) is cut off: link-local addresses are refused in any case.
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]


class GuardedTransport(httpx2.HTTPTransport):
    """httpx2's transport over a pool whose connections are opened by `GuardedBackend`."""

    def __init__(self, allow: Iterable[Allowance]) -> None:
        super().__init__(trust_env=False)
        # httpx2 has no argument for the network back end; the pool of its core has.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=GuardedBackend(allow),
        )


def create_client(
    *,
    operator_urls: Iterable[str] = (),
    timeout: httpx2.Timeout | float = TIMEOUT,
    follow_redirects: bool = False,
    headers: dict[str, str] | None = None,
) -> httpx2.Client:
    """Return a client that reaches public addresses and those in `OUTBOUND_ALLOW`.

    Args:
        operator_urls: addresses from the settings; their host and port count as allowed.
        timeout: seconds; default 5 to connect, 30 to read.
        follow_redirects: each hop is checked like the first; at most five.
        headers: sent with each request. X-Request-ID and X-Causation-ID go along by themselves.

    Proxies named in the environment are not used: behind one the guard would see only the proxy.
    """
    allow = [Allowance.parse(entry) for entry in settings.OUTBOUND_ALLOW]
    allow += [Allowance.of_url(url) for url in operator_urls]
    return httpx2.Client(
        transport=GuardedTransport(allow),
        timeout=timeout,
        follow_redirects=follow_redirects,
        max_redirects=MAX_REDIRECTS,
        headers=headers,
        trust_env=False,
        event_hooks={"request": [_name_the_cause]},
    )


def _name_the_cause(request: httpx2.Request) -> None:
    """Tell the other side which request and which event of ours stand behind this one."""
    names = {"X-Request-ID": current_request_id(), "X-Causation-ID": current_causation_id()}
    for name, value in names.items():
        if value is not None:
            request.headers.setdefault(name, str(value))


def request(
    client: httpx2.Client, method: str, url: str, *, service: str, **arguments: Any
) -> httpx2.Response:
    """Send one request; whatever is not a 2xx answer becomes an `ExternalServiceException`.

    Args:
        service: short name for logs and errors.
        arguments: as for `httpx2.Client.request`.

    Raises:
        ExternalServiceException: no answer (`status` None), or one outside 200..299 with its
            `status` and `retry_after`. The body is not in the message; providers echo keys.
        OutboundRefused: the address is not permitted, or not an http(s) address at all.
    """
    try:
        urlsplit(url)  # stricter about brackets than httpx2
        response = client.request(method, url, **arguments)
    except (ValueError, httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise OutboundRefused("Only http and https addresses are reached.") from error
    except httpx2.RequestError as error:
        raise ExternalServiceException(
            f"{service} did not answer ({type(error).__name__}).", service, url
        ) from error
    if response.is_success:
        return response
    raise ExternalServiceException(
        f"{service} answered {response.status_code}.",
        service,
        url,
        {"error": _error_code(response)},
        status=response.status_code,
        retry_after=retry_after_seconds(response.headers.get("retry-after")),
    )


def _error_code(response: httpx2.Response) -> str | None:
    """Return `error.code` or `error.type` of a JSON answer, the part that never echoes secrets."""
    try:
        error = response.json().get("error")
        code = error.get("code") or error.get("type")
    except (ValueError, AttributeError):
        return None
    return code[:64] if isinstance(code, str) and code.replace("_", "").isalnum() else None
