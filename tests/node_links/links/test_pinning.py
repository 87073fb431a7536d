"""Pinning links to versions over REST: what is taken, what is refused, what is told at once."""

from typing import Any

import pytest

from knowledge_base.models import Sop
from node_links.choices import Bump
from node_links.links.drafts import Address
from tests.factories import Cast, make_sop
from tests.node_links.links.conftest import BULK, LINKS, SOP, codes
from tests.node_links.links.conftest import body as body_of
from tests.node_links.links.observing import told
from tests.node_links.links.test_drift import listed, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def target(cast: Cast) -> Sop:
    """Return an SOP of which 1.0.0 and 1.1.0 have been published."""
    sop = make_sop(cast.editor, title="Target")
    publish(cast.editor, sop)
    publish(cast.editor, sop, Bump.MINOR)
    return sop


@pytest.fixture
def body(cast: Cast, target: Sop) -> dict[str, Any]:
    """Return the body of a link to it."""
    source = make_sop(cast.editor, title="Source")
    sent: dict[str, Any] = body_of(Address(SOP, source.pk), Address(SOP, target.pk))
    return sent


@pytest.mark.parametrize(
    ("pin", "code"), [("1.2.0", "unknown_version"), ("newest", "invalid_version")]
)
def test_a_version_that_is_not_there_is_refused(
    cast: Cast, body: dict[str, Any], pin: str, code: str
) -> None:
    client = cast.editor.client
    answer = client.post(LINKS, {**body, "version_pin": pin})
    assert (answer.status_code, codes(answer)) == (400, [("/version_pin", code)])
    assert client.get(LINKS).json()["count"] == 0

    link = client.post(LINKS, body).json()
    answer = client.patch(f"{LINKS}{link['id']}/", {"version_pin": pin, "base_strength": 0.1})
    assert (answer.status_code, codes(answer)) == (400, [("/version_pin", code)])
    unchanged = client.get(f"{LINKS}{link['id']}/").json()
    assert (unchanged["version_pin"], unchanged["base_strength"]) == ("latest", 0.5)


def test_a_link_to_an_old_version_has_drifted_at_once_until_it_is_pinned_anew(
    cast: Cast, body: dict[str, Any]
) -> None:
    client = cast.editor.client
    link = client.post(LINKS, {**body, "version_pin": "01.0.0"}).json()
    assert link["version_pin"] == "1.0.0"
    assert [row["id"] for row in listed(cast.viewer)] == [link["id"]]
    assert [data["to_version"] for data in told("LinkDrifted")] == ["1.1.0"]

    client.patch(f"{LINKS}{link['id']}/", {"version_pin": "1.1.0"})
    assert listed(cast.viewer) == []

    client.patch(f"{LINKS}{link['id']}/", {"version_pin": "1.0.0"})
    client.patch(f"{LINKS}{link['id']}/", {"version_pin": "published"})
    assert listed(cast.viewer) == []
    assert len(told("LinkDrifted")) == 2
    assert client.delete(f"{LINKS}{link['id']}/").status_code == 204


def test_many_links_are_pinned_each_for_itself(cast: Cast, body: dict[str, Any]) -> None:
    client = cast.editor.client
    pins = {"supports": "1.0.0", "nested": "1.1.0", "documents": "9.0.0"}
    operations = [
        {"action": "create", "link": {**body, "link_type": kind, "version_pin": pin}}
        for kind, pin in pins.items()
    ]
    results = client.post(BULK, {"operations": operations}).json()["results"]

    assert [result["status"] for result in results] == [201, 201, 400]
    assert [row["link_type"] for row in listed(cast.viewer)] == ["supports"]

    first, second = (result["link"]["id"] for result in results[:2])
    operations = [
        {"action": "update", "id": first, "link": {"version_pin": "1.1.0"}},
        {"action": "update", "id": second, "link": {"version_pin": "1.0.0"}},
        {"action": "update", "id": second, "link": {"version_pin": "3.0.0"}},
    ]
    results = client.post(BULK, {"operations": operations}).json()["results"]
    assert [result["status"] for result in results] == [200, 200, 400]
    assert [row["id"] for row in listed(cast.viewer)] == [second]


def test_another_base_over_rest_uses_the_last_metrics(cast: Cast, body: dict[str, Any]) -> None:
    client = cast.editor.client
    address = f"{LINKS}{client.post(LINKS, body).json()['id']}/"
    metrics = {"interaction_frequency": 50, "semantic_similarity": 0.5, "context_relevance": 0.25}
    assert client.post(f"{address}strength/", metrics).json()["final_strength"] == 0.8

    changed = client.patch(address, {"base_strength": 0.3}).json()

    assert (changed["base_strength"], changed["link_strength"]) == (0.3, 0.6)
    rows = client.get(f"{address}strength/").json()["results"]
    assert [(row["base_strength"], row["final_strength"]) for row in rows] == [
        (0.3, 0.6), (0.5, 0.8)
    ]  # fmt: skip
