"""The test database: made and migrated by the owner, used by the app role under its policies."""

import threading
from collections.abc import Generator, Iterator
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connections, router
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from config.replica import ReadsFromReplica
from tests.described import departures_of
from tests.factories import Cast, make_cast
from tests.plugins.reference import ReferenceRows


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
) -> Generator[None]:
    """Create the test database as `owner`, then let `default`, the app role, use the same one."""
    owner, default = connections["owner"], connections["default"]
    production_name = owner.settings_dict["NAME"]
    keep = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock():
        owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
        default.creation.set_as_test_mirror(owner.settings_dict)
        default.close()
        reference = _open_for_flush()
    yield
    with django_db_blocker.unblock():
        reference.close()
        default.close()
        if isinstance(default, DatabaseWrapper):
            default.close_pool()
        if not keep:
            owner.creation.destroy_test_db(production_name, verbosity=0)


def _open_for_flush() -> ReferenceRows:
    """Let tests that commit leave the tables as the migrations left them.

    Django would empty every table, and only where the alias may migrate; the router that forbids it
    has done its work by now, so it steps aside for the rest of the session.
    """
    owner = connections["owner"]
    params: dict[str, Any] = {
        key: value
        for key, value in owner.get_connection_params().items()
        if key in ("host", "port", "user", "password", "dbname")
    }
    owner.close()
    reference = ReferenceRows(psycopg.connect(**params, autocommit=True))
    router.routers = [ReadsFromReplica()]

    def empty(_case: TransactionTestCase) -> None:
        reference.restore()

    setattr(TransactionTestCase, "_fixture_teardown", empty)  # noqa: B010 - not in its stubs
    return reference


@pytest.fixture(autouse=True)
def _cheap_settings(settings: Settings) -> None:
    """Hash passwords at once; look for static files when one is asked for, not in each client."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _as_described(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compare every answer of the API, and every body it took, with its OpenAPI description."""
    found: list[str] = []
    one_at_a_time = threading.Lock()  # the first one makes the description
    ask = APIClient.generic

    def ask_and_compare(
        client: APIClient, method: str, path: str, data: Any = "", *args: Any, **kwargs: Any
    ) -> Any:
        response = ask(client, method, path, data, *args, **kwargs)
        if settings.ROOT_URLCONF == "config.urls":
            sent = data if isinstance(data, bytes) else str(data).encode()
            with one_at_a_time:
                found.extend(f"{method} {path}: {one}" for one in departures_of(response, sent))
        return response

    monkeypatch.setattr(APIClient, "generic", ask_and_compare)
    yield
    assert found == []


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start every test that may touch the database with an empty cache."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        cache.clear()
    yield


@pytest.fixture
def cast(db: None) -> Cast:
    """Return an organisation with a member of each role, and a stranger from another one."""
    return make_cast()
