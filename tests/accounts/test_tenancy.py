"""The scope of a transaction: nested, failed, missing, after commit, streamed, in a task."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import StreamingHttpResponse
from django.urls import path
from pytest_django.fixtures import Settings
from rest_framework.request import Request

from accounts.actors import Actor, system_actor
from accounts.api.callers import CallerMixin
from accounts.choices import Role
from accounts.models import Membership
from accounts.tenancy import enter, enter_access_key, enter_member, on_commit, scope, system_scope
from config.api.views import APIView
from config.exceptions import Forbidden
from config.urls import urlpatterns as project
from node_links.models.search import DirtyNode, NodeChunk
from node_links.tasks.search import embed_backlog
from tests.celery_worker import celery_worker
from tests.factories import Person, make_person, make_sop


class Failure(Exception):
    """Something went wrong inside a scope."""


@pytest.fixture
def pair(db: None) -> tuple[Person, Person]:
    """The owners of two organisations."""
    return make_person(Role.OWNER), make_person(Role.OWNER)


def _seen() -> set[UUID]:
    return set(Membership.objects.values_list("organization_id", flat=True))


def _backend() -> int:
    """Give the connection back; return the process of the server that it reached."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = int(cursor.fetchone()[0])
    connections.close_all()
    return pid


def _of(person: Person) -> set[UUID]:
    return {person.organization.pk}


def test_without_a_scope_nothing_is_seen(pair: tuple[Person, Person]) -> None:
    assert _seen() == set()


def test_the_end_of_a_scope_brings_the_surrounding_one_back(pair: tuple[Person, Person]) -> None:
    ann, bob = pair

    with scope(ann.actor) as actor:
        assert (actor, _seen()) == (ann.actor, _of(ann))
        with scope(bob.actor):
            assert _seen() == _of(bob)
            with system_scope():
                assert _seen() == _of(ann) | _of(bob)
            assert _seen() == _of(bob)
        assert _seen() == _of(ann)
    assert _seen() == set()


def test_a_failure_inside_brings_the_surrounding_scope_back(pair: tuple[Person, Person]) -> None:
    ann, bob = pair

    with scope(ann.actor):
        with pytest.raises(Failure), scope(bob.actor):
            raise Failure
        assert _seen() == _of(ann)


def test_a_rollback_inside_brings_the_surrounding_scope_back(pair: tuple[Person, Person]) -> None:
    ann, bob = pair

    with scope(ann.actor):
        with transaction.atomic():
            enter(bob.actor)
            assert _seen() == _of(bob)
            transaction.set_rollback(True)
        assert _seen() == _of(ann)


def test_the_platform_may_work_inside_one_organisation(pair: tuple[Person, Person]) -> None:
    ann, _ = pair

    with system_scope(ann.organization.pk) as actor:
        assert actor == system_actor(ann.organization.pk)
        assert (actor.tenant_id, actor.is_operator) == (ann.organization.pk, True)


def test_who_has_no_organisation_has_no_tenant() -> None:
    with pytest.raises(Forbidden, match="needs an organisation"):
        _ = system_actor().tenant_id


@pytest.mark.django_db(transaction=True)
def test_a_tenant_is_set_inside_a_transaction_only() -> None:
    ann = make_person(Role.OWNER)
    refused = pytest.raises(transaction.TransactionManagementError, match="inside a transaction")

    with refused:
        enter(ann.actor)
    with refused:
        enter_member(ann.user.pk)
    with refused:
        enter_access_key("0" * 64)
    assert _seen() == set()


@pytest.mark.django_db(transaction=True)
def test_an_outermost_scope_commits_and_leaves_nothing_on_the_connection() -> None:
    ann = make_person(Role.OWNER)

    with scope(ann.actor):
        Membership.objects.update(role=Role.ADMIN)
    with pytest.raises(Failure), scope(ann.actor):
        Membership.objects.update(role=Role.VIEWER)
        raise Failure

    assert _seen() == set()
    with transaction.atomic():
        assert _seen() == set()
    with scope(ann.actor):
        assert Membership.objects.get().role == Role.ADMIN


@pytest.mark.django_db(transaction=True)
def test_a_callback_after_commit_runs_in_a_scope_of_its_own() -> None:
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    seen: list[set[UUID]] = []

    with scope(ann.actor):
        on_commit(bob.actor, lambda: seen.append(_seen()))
        transaction.on_commit(lambda: seen.append(_seen()))
        on_commit(ann.actor, lambda: seen.append(_seen()))
        assert seen == []

    assert seen == [_of(bob), set(), _of(ann)]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_called_after_a_rollback() -> None:
    ann = make_person(Role.OWNER)
    seen: list[set[UUID]] = []

    with pytest.raises(Failure), scope(ann.actor):
        on_commit(ann.actor, lambda: seen.append(_seen()))
        raise Failure

    assert seen == []


@pytest.fixture
def _pooled(transactional_db: None) -> Iterator[None]:
    """All threads share two pooled connections, as those of a web process do."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(wrapper.settings_dict, "CONN_MAX_AGE", 0)
        options = {"min_size": 2, "max_size": 2, "timeout": 20}
        patch.setitem(wrapper.settings_dict["OPTIONS"], "pool", options)
        yield
        wrapper.close()
        wrapper.close_pool()


@pytest.mark.usefixtures("_pooled")
def test_threads_that_share_a_pool_never_see_anothers_rows() -> None:
    people = [make_person(Role.OWNER), make_person(Role.OWNER)]
    connections.close_all()
    together = threading.Barrier(6)
    backends: set[int] = set()

    def work(number: int) -> list[bool]:
        person = people[number % 2]
        right: list[bool] = []
        backends.add(_backend())
        together.wait(timeout=30)
        for turn in range(40):
            with contextlib.suppress(Failure), scope(person.actor):
                right.append(_seen() == _of(person))
                if turn % 3 == 0:
                    raise Failure
            right.append(_seen() == set())
            connections.close_all()  # gives the connection to whoever waits
        return right

    with ThreadPoolExecutor(6) as workers:
        outcomes = list(workers.map(work, range(6)))

    assert len(backends) == 2
    assert [len(outcome) for outcome in outcomes] == [80] * 6
    assert all(all(outcome) for outcome in outcomes)


@pytest.mark.usefixtures("_pooled")
def test_requests_that_share_a_pool_never_see_anothers_rows() -> None:
    people = [make_person(Role.OWNER), make_person(Role.OWNER)]
    connections.close_all()

    def work(number: int) -> set[str]:
        person = people[number % 2]
        client, seen = person.client, set()
        for _ in range(10):
            rows = client.get("/api/v1/memberships/").json()["results"]
            seen |= {row["email"] for row in rows}
            client.get("/api/v1/memberships/", headers={"X-Organization": "unknown"})
            connections.close_all()
        return seen

    with ThreadPoolExecutor(4) as workers:
        outcomes = list(workers.map(work, range(4)))

    assert outcomes == [{people[number % 2].user.email} for number in range(4)]


class _Stream(CallerMixin, APIView):
    """Streams what it sees in two batches, each of them in a scope or in none."""

    extra_query_parameters = ("scoped",)
    scope_resource = "streams"

    def get(self, request: Request) -> StreamingHttpResponse:
        actor = self.actor if "scoped" in request.query_params else None
        assert _seen() == {self.actor.organization_id}
        return StreamingHttpResponse(self._batches(actor))

    def _batches(self, actor: Actor | None) -> Iterator[str]:
        for _ in range(2):
            if actor is None:
                yield f"{len(_seen())};"
                continue
            with scope(actor):
                seen = len(_seen())
            yield f"{seen};"


urlpatterns = [path("api/v1/stream/", _Stream.as_view()), *project]


@pytest.mark.django_db(transaction=True)
def test_a_stream_sees_rows_in_the_scope_of_each_batch_and_none_without(
    settings: Settings,
) -> None:
    settings.ROOT_URLCONF = __name__
    make_person(Role.OWNER)
    client = make_person(Role.OWNER).client

    def streamed(query: str) -> bytes:
        answer: Any = client.get(f"/api/v1/stream/{query}")
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    assert streamed("?scoped=1") == b"1;1;"
    assert streamed("") == b"0;0;"


@pytest.mark.django_db(transaction=True)
def test_a_task_in_a_worker_opens_its_own_scope() -> None:
    for person in (make_person(Role.OWNER), make_person(Role.OWNER)):
        make_sop(person)
    with system_scope():
        assert DirtyNode.objects.count() == 2

    with celery_worker("embeddings"):
        embed_backlog.delay()
        _wait_for_empty_backlog()

    with system_scope():
        assert not NodeChunk.objects.filter(vector_embedding=None).exists()
        assert NodeChunk.objects.values("organization").distinct().count() == 2


def _wait_for_empty_backlog() -> None:
    done = threading.Event()
    for _ in range(300):
        with system_scope():
            if not DirtyNode.objects.exists():
                return
        done.wait(0.1)
    raise AssertionError("The worker has not embedded the backlog within 30 seconds.")
