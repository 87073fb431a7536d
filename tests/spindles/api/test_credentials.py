"""Credentials over REST and in the admin: what administrators may do, what nobody ever sees."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope, system_scope
from config.exceptions import Forbidden, NotFound
from node_links.models import AuditLog
from spindles.models import Credential
from spindles.services.credentials import authorize, create_credential, rotate_credential
from tests.accounts.conftest import errors, refusal
from tests.factories import Cast, Person

pytestmark = pytest.mark.django_db

CREDENTIALS = "/api/v1/credentials/"
SECRET = "s3cret-t0ken"


def make(person: Person, **values: Any) -> Credential:
    """Return a new credential, made by `person`."""
    defaults: dict[str, Any] = {"name": "billing", "kind": "bearer", "secret": SECRET}
    with scope(person.actor):
        return create_credential(actor=person.actor, **{**defaults, **values})


def stored() -> list[Credential]:
    """Return all credentials."""
    with system_scope():
        return list(Credential.objects.all())


def test_a_credential_is_made_and_its_secret_is_never_shown(cast: Cast) -> None:
    sent = {
        "name": "billing",
        "kind": "basic",
        "username": "ann",
        "hosts": ["API.example.com", "*.example.com", "api.example.com"],
        "description": "Invoices",
        "secret": SECRET,
    }
    answer = cast.admin.client.post(CREDENTIALS, sent, HTTP_IDEMPOTENCY_KEY="once")

    assert answer.status_code == 201, answer.content
    assert answer["ETag"] == '"1"'
    body = answer.json()
    assert body == {
        "id": body["id"],
        "name": "billing",
        "kind": "basic",
        "username": "ann",
        "header": "",
        "hosts": ["api.example.com", "*.example.com"],
        "description": "Invoices",
        "rotated_at": None,
        "revision": 1,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }
    again = cast.admin.client.post(CREDENTIALS, sent, HTTP_IDEMPOTENCY_KEY="once")
    assert again.json() == body
    for person in (cast.admin, cast.editor, cast.viewer):
        assert person.client.get(CREDENTIALS).json()["results"] == [body]
        assert person.client.get(f"{CREDENTIALS}{body['id']}/").json() == body


def test_a_secret_is_encrypted_at_rest_and_redacted_in_the_trail(cast: Cast) -> None:
    make(cast.admin)

    with system_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM credentials c")
        [(row,)] = cursor.fetchall()
        [trail] = AuditLog.objects.filter(table_name="credentials").values()
    assert SECRET not in row
    assert SECRET not in str(trail)
    assert stored()[0].secret == SECRET


def test_lists_do_not_decrypt_and_take_as_many_queries_for_more_rows(cast: Cast) -> None:
    make(cast.admin)
    client, counts = cast.viewer.client, []
    for name in ("second", "third"):
        make(cast.admin, name=name)
        with CaptureQueriesContext(connection) as captured:
            client.get(CREDENTIALS)
        counts.append(len(captured))

    reads = [query["sql"] for query in captured if 'FROM "credentials"' in query["sql"]]
    assert counts[0] == counts[1]
    assert reads
    assert not any('"secret"' in sql for sql in reads)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "blank"),
        ({"name": "a b"}, "/name", "invalid"),
        ({"kind": "magic"}, "/kind", "invalid_choice"),
        ({"kind": "header"}, "/header", "required"),
        ({"kind": "header", "header": "X Key"}, "/header", "invalid"),
        ({"kind": "header", "header": "Host"}, "/header", "invalid"),
        ({"header": "X-Key"}, "/header", "invalid"),
        ({"kind": "basic"}, "/username", "required"),
        ({"kind": "basic", "username": "a:b"}, "/username", "invalid"),
        ({"username": "ann"}, "/username", "invalid"),
        ({"hosts": ["https://example.com"]}, "/hosts/0", "invalid"),
        ({"secret": "two\nlines"}, "/secret", "invalid"),
        ({"secret": ""}, "/secret", "blank"),
        ({"secret": "a b "}, "/secret", "invalid"),
        ({"scope": "x"}, "/scope", "unknown_field"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    cast: Cast, change: dict[str, Any], pointer: str, code: str
) -> None:
    sent = {"name": "billing", "kind": "bearer", "secret": SECRET, **change}

    answer = cast.admin.client.post(CREDENTIALS, sent)

    assert refusal(answer) == (400, "validation_error")
    assert errors(answer) == [(pointer, code)]
    assert stored() == []


def test_a_name_is_taken_once_in_an_organisation(cast: Cast) -> None:
    make(cast.admin)
    make(cast.stranger)
    sent = {"name": "billing", "kind": "bearer", "secret": "other"}

    answer = cast.admin.client.post(CREDENTIALS, sent)

    assert refusal(answer) == (409, "duplicate")
    assert errors(answer) == [("/name", "duplicate")]
    assert [one.secret for one in stored()] == [SECRET, SECRET]


def test_a_secret_is_rotated(cast: Cast) -> None:
    made = make(cast.admin)

    answer = cast.admin.client.post(f"{CREDENTIALS}{made.pk}/rotate/", {"secret": "new-one"})

    assert (answer.status_code, answer["ETag"], "secret" in answer.json()) == (200, '"2"', False)
    assert answer.json()["rotated_at"] is not None
    assert [one.secret for one in stored()] == ["new-one"]


def test_a_rotation_that_is_refused_changes_nothing(cast: Cast) -> None:
    made = make(cast.admin)
    address = f"{CREDENTIALS}{made.pk}/rotate/"

    stale = cast.admin.client.post(address, {"secret": "new-one"}, HTTP_IF_MATCH='"7"')
    malformed = cast.admin.client.post(address, {"secret": "a\tb"})

    assert refusal(stale) == (412, "revision_conflict")
    assert errors(malformed) == [("/secret", "invalid")]
    assert [(one.secret, one.revision) for one in stored()] == [(SECRET, 1)]


def test_a_credential_is_deleted(cast: Cast) -> None:
    made = make(cast.admin)

    assert cast.admin.client.delete(f"{CREDENTIALS}{made.pk}/").status_code == 204
    assert stored() == []


@pytest.mark.parametrize("role", ["editor", "viewer"])
def test_only_administrators_write(cast: Cast, role: str) -> None:
    made, person = make(cast.admin), getattr(cast, role)
    sent = {"name": "other", "kind": "bearer", "secret": SECRET}

    answers = [
        person.client.post(CREDENTIALS, sent),
        person.client.post(f"{CREDENTIALS}{made.pk}/rotate/", {"secret": "x"}),
        person.client.delete(f"{CREDENTIALS}{made.pk}/"),
    ]

    assert {refusal(answer) for answer in answers} == {(403, "permission_denied")}
    assert [(one.name, one.secret) for one in stored()] == [("billing", SECRET)]
    with pytest.raises(Forbidden), scope(person.actor):
        rotate_credential(actor=person.actor, pk=made.pk, secret="x")
    with pytest.raises(Forbidden), scope(person.actor):
        create_credential(actor=person.actor, name="x", kind="bearer", secret="x")


def test_those_of_others_are_not_there(cast: Cast) -> None:
    made = make(cast.admin)
    client = cast.stranger.client

    answers = [
        client.get(f"{CREDENTIALS}{made.pk}/"),
        client.post(f"{CREDENTIALS}{made.pk}/rotate/", {"secret": "x"}),
        client.delete(f"{CREDENTIALS}{made.pk}/"),
        client.delete(f"{CREDENTIALS}{uuid4()}/"),
    ]

    assert {refusal(answer) for answer in answers} == {(404, "not_found")}
    assert client.get(CREDENTIALS).json()["results"] == []
    with pytest.raises(NotFound), scope(cast.stranger.actor):
        authorize(actor=cast.stranger.actor, name="billing", url="https://example.com/")
    with pytest.raises(NotFound), scope(cast.stranger.actor):
        rotate_credential(actor=cast.stranger.actor, pk=made.pk, secret="x")
    assert [one.secret for one in stored()] == [SECRET]


@pytest.mark.parametrize(
    ("values", "header", "value"),
    [
        ({}, "authorization", f"Bearer {SECRET}"),
        ({"kind": "basic", "username": "ann"}, "authorization", "Basic YW5uOnMzY3JldC10MGtlbg=="),
        ({"kind": "header", "header": "X-Api-Key"}, "x-api-key", SECRET),
    ],
)
def test_each_kind_has_its_header(
    cast: Cast, values: dict[str, str], header: str, value: str
) -> None:
    make(cast.admin, **values)

    with scope(cast.viewer.actor):
        found = authorize(actor=cast.viewer.actor, name="billing", url="https://example.com/")
    assert (found.header, found.value) == (header, value)
    assert SECRET in found.secrets


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.example.com/x", True),
        ("https://API.example.com./x", True),
        ("https://eu.cloud.example.org/x", True),
        ("https://cloud.example.org/x", False),
        ("https://api.example.com.evil.net/", False),
        ("https://evil.net/?api.example.com", False),
        ("https://[::1", False),
    ],
)
def test_a_credential_goes_to_its_hosts_alone(cast: Cast, url: str, allowed: bool) -> None:
    make(cast.admin, hosts=["api.example.com", "*.cloud.example.org"])

    with scope(cast.viewer.actor):
        if allowed:
            assert authorize(actor=cast.viewer.actor, name="billing", url=url).secrets == (SECRET,)
        else:
            with pytest.raises(Forbidden):
                authorize(actor=cast.viewer.actor, name="billing", url=url)
