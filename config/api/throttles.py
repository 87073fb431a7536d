"""Rate limits by class of caller, counted in Valkey for all processes together.

A window starts with a caller's first request and lasts its full length. Count, expiry and time left
come in one round trip. While Valkey does not answer nobody is limited, and it is left alone for a
few seconds, so that no request waits for it in vain.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from django.conf import settings
from django.core.cache import cache
from django_redis import get_redis_connection
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.request_context import client_address

if TYPE_CHECKING:
    # Loaded by the framework's views, which it therefore cannot import itself.
    from rest_framework.views import APIView

logger = structlog.get_logger("nodeloom.throttle")

_RATE = re.compile(r"(\d+)/(\d*)\s*(s|sec|min|h|hour|d|day)")
_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
PAUSE_SECONDS = 5.0
# One command and one answer: to take a pipeline of three apart costs twice as much.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller: of `limit` requests `remaining`, until `reset` seconds from now."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the headers every limited answer carries."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


@lru_cache(maxsize=64)
def parse_rate(text: str) -> tuple[int, int] | None:
    """Return (requests, seconds) of a rate such as `100/15min`; None for `0`, which is off.

    Raises ValueError for anything else.
    """
    if text.strip() in ("", "0"):
        return None
    match = _RATE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no rate; write for example 100/15min, or 0 for none.")
    requests, count, unit = match.groups()
    return (int(requests), int(count or 1) * _SECONDS[unit]) if int(requests) else None


class CallerThrottle(BaseThrottle):
    """Limits a caller by what they are: anonymous, signed in, an access key.

    A view with a `throttle_scope` is limited by the rate of that name instead.
    """

    scope: ClassVar[str] = ""
    _silent_until: ClassVar[float] = 0.0

    def __init__(self) -> None:
        self.allowance: Allowance | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request and return whether it is within the limit."""
        name, caller, rate = self.rate_of(request, view)
        if rate is None:
            return True
        limit, seconds = rate
        counted = self._count(cache.make_key(f"rate:{name}:{caller}"), seconds)
        if counted is None:
            return True
        count, reset = counted
        self.allowance = Allowance(limit, max(limit - count, 0), reset)
        request.__dict__["allowance"] = self.allowance
        return count <= limit

    def wait(self) -> float | None:
        """Return the seconds until the window ends."""
        return float(self.allowance.reset) if self.allowance else None

    def rate_of(self, request: Request, view: APIView) -> tuple[str, str, tuple[int, int] | None]:
        """Return the name of the rate, who is counted, and (requests, seconds)."""
        user = request.user
        actor = request.auth
        signed_in = bool(user and user.is_authenticated)
        caller = (
            f"user:{user.pk}" if signed_in else f"ip:{client_address(request._request) or 'local'}"
        )
        scope = self.scope or getattr(view, "throttle_scope", None)
        if scope:
            return scope, caller, parse_rate(settings.RATES[scope])
        key_id = getattr(actor, "access_key_id", None)
        if key_id is None:
            name = "user" if signed_in else "anon"
            return name, caller, parse_rate(settings.RATES[name])
        rate = parse_rate(settings.RATES["access_key"])
        own = getattr(actor, "rate_limit", None)
        return "access_key", str(key_id), (own, 60) if rate and own else rate

    def _count(self, key: str, seconds: int) -> tuple[int, int] | None:
        """Return (requests in this window, whole seconds left); None while Valkey is silent."""
        if time.monotonic() < CallerThrottle._silent_until:
            return None
        try:
            client = get_redis_connection("default")
            count, left = client.eval(_COUNT, 1, key, seconds)
        except (RedisError, OSError) as error:
            CallerThrottle._silent_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("rate_limits_off", seconds=PAUSE_SECONDS, error=type(error).__name__)
            return None
        return int(count), max(-(-int(left) // 1000), 1)


class LoginThrottle(CallerThrottle):
    """Limits token requests by address, before any password is compared."""

    scope = "login"


def allowance_of(request: Any) -> Allowance | None:
    """Return what the throttle noted on `request`."""
    return getattr(request, "__dict__", {}).get("allowance")
