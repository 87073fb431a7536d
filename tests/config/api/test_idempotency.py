"""A POST sent twice takes effect once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tenancy import system_scope
from config.api import idempotency
from config.api.idempotency import purge_idempotency_keys
from config.models import IdempotencyKey, SlowQuery
from tests.config.api.conftest import named, send
from tests.config.api.probe import make_row

URL = "/api/v1/rows/"
BODY = {
    "fingerprint": "f",
    "sql": "select 1",
    "first_seen": "2026-01-01T00:00:00Z",
    "last_seen": "2026-01-01T00:00:00Z",
}


def _post(client: APIClient, key: str = "k-1", body: Any = None, url: str = URL) -> Any:
    return client.post(url, body or BODY, headers={"Idempotency-Key": key})


def _kept() -> int:
    with system_scope():
        return IdempotencyKey.objects.count()


@pytest.mark.django_db
def test_the_second_request_receives_the_first_answer(client: APIClient) -> None:
    first, second = _post(client), _post(client)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["ETag"] == first["ETag"] == '"0"'
    assert second["Content-Type"] == "application/json"
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert SlowQuery.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "url"), [({**BODY, "sql": "select 2"}, URL), (BODY, f"{URL}?format=json")]
)
def test_the_same_key_with_another_request_is_422(
    client: APIClient, body: dict[str, str], url: str
) -> None:
    _post(client)

    answer = _post(client, body=body, url=url)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert SlowQuery.objects.get().sql == "select 1"


@pytest.mark.django_db
def test_keys_belong_to_a_user_in_an_organisation_and_to_one_path(client: APIClient) -> None:
    _post(client, body={**BODY, "fingerprint": "a"})

    for caller, name in (("bob@acme", "b"), ("ann@other", "c")):
        assert _post(named(caller), body={**BODY, "fingerprint": name}).status_code == 201
    row = SlowQuery.objects.get(fingerprint="a")
    assert _post(client, url=f"{URL}{row.pk}/touch/").status_code == 200
    assert (SlowQuery.objects.count(), _kept()) == (3, 4)


@pytest.mark.django_db
def test_a_refused_request_is_not_kept_and_may_be_sent_again(client: APIClient) -> None:
    row = make_row(fingerprint="f")

    assert _post(client).status_code == 409
    assert _kept() == 0
    row.delete()
    assert _post(client).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "tab\there"])
def test_a_malformed_key_is_refused(client: APIClient, key: str) -> None:
    answer = _post(client, key)

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("Idempotency-Key", "invalid")
    ]
    assert SlowQuery.objects.count() == 0


@pytest.mark.django_db
def test_the_longest_key_on_the_longest_path_is_taken(client: APIClient) -> None:
    answer = _post(client, "x" * 255, url=f"{URL}{'9' * 6000}/touch/")

    assert answer.status_code == 404


@pytest.mark.django_db
def test_the_key_of_a_caller_without_organisation_is_ignored() -> None:
    client = named("ann@")

    assert _post(client).status_code == 201
    assert _post(client).status_code == 409
    assert _kept() == 0


@pytest.mark.django_db
def test_other_methods_ignore_the_key(client: APIClient) -> None:
    row = make_row()
    headers = {"Idempotency-Key": "k"}

    for sql in ("one", "two"):
        answer = client.patch(f"{URL}{row.pk}/", {"sql": sql}, headers=headers)
        assert (answer.status_code, answer.json()["sql"]) == (200, sql)


@pytest.mark.django_db
def test_an_answer_with_a_secret_is_never_kept(client: APIClient) -> None:
    for _ in range(2):
        answer = _post(client, url="/api/v1/secret/")
        assert (answer.status_code, "Idempotency-Replayed" in answer) == (200, False)
    assert _kept() == 0


@pytest.mark.django_db
def test_a_stream_is_carried_out_each_time(client: APIClient) -> None:
    for rows in (1, 2):
        answer = _post(client, url="/api/v1/stream/")
        assert b"".join(answer.streaming_content) == b"ab"
        assert SlowQuery.objects.count() == rows
    assert _kept() == 0


@pytest.mark.django_db
def test_an_upload_is_recognised_although_its_boundary_is_new(client: APIClient) -> None:
    def upload(content: bytes, boundary: str) -> Any:
        body = (
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\nabc\r\n'
                f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
            ).encode()
            + content
            + f"\r\n--{boundary}--\r\n".encode()
        )
        return send(
            client,
            "/api/v1/upload/",
            body,
            f"multipart/form-data; boundary={boundary}",
            headers={"Idempotency-Key": "u"},
        )

    first, second = upload(b"one", "aaa"), upload(b"one", "bbb")

    assert first.json() == second.json() == {"title": "abc", "content": "one"}
    assert second["Idempotency-Replayed"] == "true"
    assert upload(b"two", "ccc").status_code == 422


@pytest.mark.django_db
def test_a_key_ends_after_a_day_and_is_purged(client: APIClient) -> None:
    first = _post(client).json()["id"]
    SlowQuery.objects.all().delete()
    with system_scope():
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert _post(client).json()["id"] != first

    with system_scope():
        assert purge_idempotency_keys() == 0
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=2))
        assert purge_idempotency_keys(older_than_hours=1) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_carried_out_and_the_others_receive_its_answer() -> None:
    together = threading.Barrier(6)

    def send(_: int) -> tuple[int, bytes, bool]:
        try:
            together.wait(timeout=30)
            answer = _post(named("ann@acme"))
            return answer.status_code, answer.content, "Idempotency-Replayed" in answer
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))

    assert {status for status, _, _ in answers} == {201}
    assert len({content for _, content, _ in answers}) == 1
    assert sorted(replayed for _, _, replayed in answers) == [False] + [True] * 5
    assert SlowQuery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_first_request_that_takes_too_long_is_told_as_conflict(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.2)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                _post(named("ann@acme"))
                held.set()
                done.wait(timeout=30)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(timeout=30)
        answer = _post(client)
    finally:
        done.set()
        holder.join(timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    assert _post(client)["Idempotency-Replayed"] == "true"
    assert SlowQuery.objects.count() == 1


@pytest.mark.django_db
def test_the_wait_for_a_key_does_not_shorten_other_waits(client: APIClient) -> None:
    _post(client)

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
