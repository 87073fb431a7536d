"""The probe's addresses and callers."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from config.api.throttles import CallerThrottle


@pytest.fixture(autouse=True)
def _probe(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.config.api.probe"
    # The probe borrows the table of slow queries; nothing else may write into it meanwhile.
    settings.SLOW_QUERY_SECONDS = 0
    CallerThrottle._silent_until = 0.0
    yield
    CallerThrottle._silent_until = 0.0


@pytest.fixture
def client() -> APIClient:
    """Ann of the organisation Acme."""
    return named("ann@acme")


@pytest.fixture
def stranger() -> APIClient:
    """A caller without a name."""
    return APIClient(raise_request_exception=False)


def send(
    client: APIClient, url: str, body: bytes, content_type: str = "application/json", **extra: Any
) -> Any:
    """POST the very bytes of `body`."""
    generic: Any = client.generic
    return generic("POST", url, body, content_type=content_type, **extra)


def named(caller: str) -> APIClient:
    """Return a client for `user@organization`."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_X_CALLER=caller)
    return client
