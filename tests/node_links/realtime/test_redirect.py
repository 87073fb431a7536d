"""Web sends clients on to live, with a ticket in place of the credentials they may drop."""

from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from django.core import signing
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from accounts.choices import Role
from accounts.models import Membership
from accounts.tenancy import scope, system_scope
from knowledge_base.models import Sop
from node_links.models import NodeEvent
from node_links.realtime.publishing import publish_to_channel
from tests.accounts.conftest import bearer, make_key, refusal
from tests.factories import Person, make_person, make_sop
from tests.node_links.realtime.conftest import EVENTS, NOTIFICATIONS, Live, change, of_entity

pytestmark = pytest.mark.django_db(transaction=True)


def test_web_sends_on_to_live_and_the_ticket_opens_the_stream(
    live: Live, settings: Settings
) -> None:
    settings.LIVE_PORT = live.port
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    ann = make_person(Role.VIEWER)
    sop = make_sop(make_person(Role.OWNER, ann.organization))
    editor = make_person(Role.EDITOR, ann.organization)
    first, second = (str(change(editor, sop, text)) for text in ("first", "second"))

    sent_on = ann.client.get(of_entity(sop), headers={"Last-Event-ID": first})
    target = urlsplit(sent_on["Location"])
    stream = live.open(f"{target.path}?{target.query}")

    assert (sent_on.status_code, sent_on["Cache-Control"]) == (307, "no-store")
    assert target.netloc == f"testserver:{live.port}"
    assert parse_qs(target.query)["last_event_id"] == [first]
    assert stream.next().id == second


def test_the_address_of_live_can_be_set(settings: Settings) -> None:
    settings.LIVE_URL = "https://live.example/"
    location = make_person(Role.OWNER).client.get(NOTIFICATIONS)["Location"]

    assert location.startswith(f"https://live.example{NOTIFICATIONS}?ticket=")


def test_an_ipv6_host_keeps_its_brackets(settings: Settings) -> None:
    settings.LIVE_PORT = 9001
    location = make_person(Role.OWNER).client.get(EVENTS, HTTP_HOST="[::1]:9000")["Location"]

    assert location.startswith(f"http://[::1]:9001{EVENTS}?ticket=")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{EVENTS}?feature_type=knowledge-base", 400, "validation_error"),
        (f"{EVENTS}?execution_id=x", 404, "not_found"),
        (f"{NOTIFICATIONS}?execution_id=x", 400, "validation_error"),
        (f"{NOTIFICATIONS}?last_event_id=x", 400, "validation_error"),
    ],
)
def test_web_refuses_what_makes_no_sense(path: str, status: int, code: str) -> None:
    assert refusal(make_person(Role.OWNER).client.get(path)) == (status, code)


def test_web_asks_for_credentials_and_scope() -> None:
    ann = make_person(Role.OWNER)

    assert refusal(Browser().get(EVENTS)) == (401, "not_authenticated")
    assert refusal(bearer(make_key(ann, "sops:read")).get(EVENTS)) == (403, "insufficient_scope")
    assert bearer(make_key(ann, "events:read")).get(EVENTS).status_code == 307


def test_a_ticket_is_no_right_of_its_own(live: Live) -> None:
    ann = make_person(Role.OWNER)
    query = urlsplit(ann.client.get(EVENTS)["Location"]).query
    forged = signing.dumps([str(ann.user.pk), str(ann.organization.pk), None], salt="other")
    with system_scope():
        Membership.objects.filter(user=ann.user).delete()

    assert live.open(f"{EVENTS}?{query}").problem == (401, "authentication_failed")
    assert live.open(f"{EVENTS}?ticket={forged}").problem == (401, "authentication_failed")


def test_a_browser_session_opens_a_stream(live: Live) -> None:
    ann = make_person(Role.OWNER)
    browser = Browser()
    browser.force_login(ann.user, "django.contrib.auth.backends.ModelBackend")
    cookie: SimpleCookie = browser.cookies

    stream = live.open(EVENTS, Cookie=f"sessionid={cookie['sessionid'].value}")

    assert stream.status == 200


def test_staff_without_an_organisation_has_nothing_to_hear(live: Live) -> None:
    ann = make_person(Role.OWNER, is_staff=True)
    with system_scope():
        Membership.objects.filter(user=ann.user).delete()
    browser = Browser()
    browser.force_login(ann.user, "django.contrib.auth.backends.ModelBackend")

    refused = live.open(EVENTS, Cookie=f"sessionid={browser.cookies['sessionid'].value}")

    assert refused.problem == (403, "permission_denied")


def test_anonymous_requests_are_limited(live: Live, settings: Settings) -> None:
    settings.RATES = {**settings.RATES, "anon": "1/min"}

    assert live.open(EVENTS).problem == (401, "not_authenticated")
    refused = live.open(EVENTS)
    assert int(refused.response.headers["Retry-After"]) > 0
    assert refused.problem == (429, "rate_limited")


def test_an_execution_is_heard_of_by_whoever_sees_its_source(live: Live) -> None:
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    sop = make_sop(ann)
    execution = uuid4()
    first = _record(ann, sop, execution, 101)
    path = f"{EVENTS}?execution_id={execution}"
    stream = live.open(path, ann)

    change(ann, make_sop(ann, title="Other"), "not of the run")
    second = _record(ann, sop, execution, 102)
    again = live.open(path, ann, Last_Event_ID=str(first))

    assert stream.next().id == str(second)
    assert again.next().id == str(second)
    assert live.open(path, bob).problem == (404, "not_found")


def _record(person: Person, sop: Sop, execution: UUID, sequence: int) -> UUID:
    with scope(person.actor):
        row = NodeEvent.objects.create(
            organization=person.organization,
            event_type="WorkflowExecutionStarted",
            feature_type=sop.feature_type,
            entity_id=sop.pk,
            sequence=sequence,
            execution_id=execution,
        )
        publish_to_channel(
            event_id=row.pk,
            organization_id=person.organization.pk,
            event_type=row.event_type,
            feature_type=sop.feature_type,
            entity_id=sop.pk,
            execution_id=execution,
        )
    return row.pk
