"""One installation for all faults: what is broken by one test is mended by the same test."""

from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from django.conf import settings

from tests.faults.installation import Installation, eventually
from tests.faults.installation import installation as running_installation

PROCESSES = ("web", "live", "relay", "worker", "beat")


@pytest.fixture(scope="package")
def installation(django_db_setup: None) -> Iterator[Installation]:
    """Return an installation of which everything runs."""
    if not settings.EMBED_DATABASE:
        pytest.skip("needs the embedded server's superuser")
    with running_installation() as running:
        running.start(*PROCESSES)
        eventually(lambda: is_ready(running), seconds=120)
        eventually(lambda: answers(running.options.live_port))
        yield running


def is_ready(running: Installation) -> bool:
    """Say whether everything is up, the workers included."""
    try:
        return running.ask("writer", "GET", "/health/ready")[0] == 200
    except OSError:
        return False


def answers(port: int) -> bool:
    """Say whether a process answers on this port."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
