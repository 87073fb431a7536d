"""What tests look at: look-ups, statements, what Valkey holds, what the database says."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_redis import get_redis_connection
from prometheus_client import REGISTRY

from knowledge_base.models import Sop
from node_links.caching.bodies import nearby
from tests.factories import Person
from tests.knowledge_base.observing import address

FEATURE = "knowledge-base"


def lookups(result: str) -> float:
    """Return how many look-ups of entities ended in `hit` or `miss`."""
    labels = {"pattern": FEATURE, "result": result}
    return REGISTRY.get_sample_value("nodeloom_cache_lookups_total", labels) or 0.0


def get(person: Person, sop: Sop | UUID, **headers: str) -> Any:
    """Return the answer to a GET of the SOP."""
    return person.client.get(address(sop), headers=headers)


def got(person: Person, sop: Sop | UUID) -> dict[str, Any]:
    """Return the SOP as it is answered."""
    response = get(person, sop)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def got_from_cache(person: Person, sop: Sop) -> dict[str, Any]:
    """Return the SOP as it is answered; asserts that its text was not read from the database."""
    hits = lookups("hit")
    with CaptureQueriesContext(connection) as captured:
        body = got(person, sop)
    assert lookups("hit") == hits + 1
    assert not [query for query in captured if "content" in query["sql"]]
    return body


def got_from_database(person: Person, sop: Sop) -> dict[str, Any]:
    """Return the SOP as it is answered where nothing at all is cached."""
    get_redis_connection("default").flushdb()
    nearby.clear()
    misses = lookups("miss")
    body = got(person, sop)
    assert lookups("miss") == misses + 1
    return body


def states_kept(sop: Sop) -> list[str]:
    """Return the states of the SOP that Valkey holds: the last word of each key."""
    keys = get_redis_connection("default").keys(f"nl:{sop.organization_id}:{FEATURE}:{sop.pk}:*")
    return sorted(key.decode().rpartition(":")[2] for key in keys if isinstance(key, bytes))


def revisions_kept(sop: Sop) -> list[int]:
    """Return the revisions of the SOP that Valkey holds."""
    return [int(state.partition("-")[0]) for state in states_kept(sop)]
