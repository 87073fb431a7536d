"""The doctor: what it finds, and that everything wrong comes with a remedy."""

import json
import socket
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import Settings

from config.doctor import Finding, Level, database, machine, services
from config.doctor.examinations import examine
from config.metrics import gauges, register_gauge
from config.worker_beat import beat

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.usefixtures("no_workers"),
]


@pytest.fixture(autouse=True)
def _quiet_machine(settings: Settings, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports that nobody holds and no gauges of the apps."""
    settings.PORT = settings.LIVE_PORT = closed_port
    monkeypatch.setattr(gauges, "_gauges", {})


@pytest.fixture
def doctor() -> Callable[..., tuple[int, str]]:
    """Run the command; return its exit status and what it printed."""

    def run(*options: str) -> tuple[int, str]:
        out = StringIO()
        try:
            call_command("doctor", *options, stdout=out, no_color=True)
        except SystemExit as end:
            return int(str(end.code)), out.getvalue()
        return 0, out.getvalue()

    return run


def wrongs(found: Iterator[Finding] | list[Finding]) -> list[tuple[str, str]]:
    return [(each.subject, each.remedy) for each in found if each.level is Level.WRONG]


def test_a_healthy_installation_has_nothing_wrong(doctor: Callable[..., tuple[int, str]]) -> None:
    beat("a@one")

    status, text = doctor()

    assert status == 0, text
    assert text.endswith("All is well.\n")
    for subject in (
        "Python",
        "Settings",
        "Data",
        "Disk",
        "Port",
        "PostgreSQL",
        "pgvector",
        "Roles",
        "Migrations",
        "Row security",
        "Cache",
        "Broker",
        "Workers",
        "Embedder",
    ):
        assert f" {subject}" in text


def test_what_is_wrong_has_a_remedy_and_fails_the_command(
    doctor: Callable[..., tuple[int, str]],
) -> None:
    status, text = doctor()

    assert status == 1
    assert "✗ Workers        No worker has reported within 30 seconds." in text
    assert "→ Run manage.py up, or start one: celery -A config worker" in text
    assert "1 wrong." in text


def test_programs_read_it_as_json(doctor: Callable[..., tuple[int, str]]) -> None:
    status, text = doctor("--json")

    body = json.loads(text)
    assert (status, body["ok"]) == (1, False)
    (workers,) = [each for each in body["findings"] if each["subject"] == "Workers"]
    assert workers == {
        "subject": "Workers",
        "level": "wrong",
        "message": "No worker has reported within 30 seconds.",
        "remedy": "Run manage.py up, or start one: celery -A config worker",
    }
    assert all(each["remedy"] for each in body["findings"] if each["level"] == "wrong")


def test_a_table_of_organisations_without_forced_row_security_is_named() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE unguarded (organization_id uuid)")
    try:
        expected = [
            ("Row security", "Put unguarded under row-level security in a migration of its app.")
        ]
        assert wrongs(database.examine_tenant_tables()) == expected
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE unguarded ENABLE ROW LEVEL SECURITY")
            cursor.execute("ALTER TABLE unguarded FORCE ROW LEVEL SECURITY")
        # Without a policy nobody sees a row: safe, but surely not meant.
        assert wrongs(database.examine_tenant_tables()) == expected
        with connections["owner"].cursor() as cursor:
            cursor.execute("CREATE POLICY mine ON unguarded USING (true)")
        assert wrongs(database.examine_tenant_tables()) == []
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("DROP TABLE unguarded")


def test_migrations_that_are_not_applied_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "pending_migrations", lambda: ["accounts.0009_more"])

    found = list(database.examine_database())

    assert wrongs(found) == [("Migrations", "Run manage.py migrate.")]
    # Whether tables are guarded cannot be said of tables that are not all there.
    assert [each.subject for each in found if each.subject == "Row security"] == []


def test_a_database_that_was_never_migrated_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from psycopg.errors import UndefinedTable

    def fail() -> list[str]:
        raise UndefinedTable('relation "django_migrations" does not exist\nLINE 1: …')

    monkeypatch.setattr(database, "pending_migrations", fail)

    (finding,) = [each for each in database.examine_database() if each.subject == "Migrations"]
    assert finding.message == 'relation "django_migrations" does not exist'
    assert finding.remedy == "Run manage.py migrate."


def test_a_database_that_does_not_answer_ends_its_examination(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("connection failed: no such socket\nIs it running?")

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)

    (finding,) = database.examine_database()

    assert finding.message == "Does not answer: connection failed: no such socket"
    assert finding.remedy.startswith("Run manage.py up")


def test_old_servers_and_a_privileged_role_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MIN_POSTGRES", 99)
    monkeypatch.setattr(database, "MIN_VECTOR", (9, 0))
    default, owner = connections["default"], connections["owner"]
    monkeypatch.setattr(database, "connections", {"default": owner, "owner": default})

    assert wrongs(database.examine_database()) == [
        ("PostgreSQL", "Upgrade to 99 or newer."),
        ("pgvector", "Install 0.8 and ALTER EXTENSION vector UPDATE"),
        (
            "Roles",
            f"ALTER ROLE {owner.settings_dict['USER']} NOSUPERUSER NOBYPASSRLS; "
            "and let another role own the tables.",
        ),
    ]


def test_a_taken_port_is_wrong_unless_the_platform_itself_runs(settings: Settings) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        settings.PORT = server.getsockname()[1]

        (web, live) = machine.examine_ports(running=False)
        assert web == Finding(
            f"Port {settings.PORT}",
            Level.WRONG,
            "Another program listens on it.",
            "Stop that program or choose another port with NODELOOM_PORT.",
        )
        assert live.level is Level.OK
        assert wrongs(machine.examine_ports(running=True)) == []


def test_an_old_python_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MIN_PYTHON", (9, 9))

    assert wrongs(machine.examine_python()) == [("Python", "Use Python 3.11 or newer.")]


def test_the_data_directory_must_be_there_and_closed_to_others(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    settings.DATA_DIR = folder
    settings.EMBED_DATABASE = True
    assert [each.level for each in machine.examine_data_dir()][0] is Level.ADVICE
    settings.EMBED_DATABASE = False
    assert [each.level for each in machine.examine_data_dir()][0] is Level.OK

    folder.mkdir()
    folder.chmod(0o777)
    assert wrongs(machine.examine_data_dir()) == [("Data", f"Run: chmod o-w {folder}")]
    folder.chmod(0o700)
    assert wrongs(machine.examine_data_dir()) == []
    monkeypatch.setattr("os.access", lambda *_arguments: False)
    assert wrongs(machine.examine_data_dir()) == [
        ("Data", f"Make it yours: chown -R $USER {folder}")
    ]


def test_a_full_disk_is_wrong_and_a_filling_one_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path

    def level(free: int) -> Level:
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage)
        return [each.level for each in machine.examine_data_dir() if each.subject == "Disk"][0]

    assert level(machine.MIN_FREE_BYTES - 1) is Level.WRONG
    assert level(machine.LITTLE_FREE_BYTES - 1) is Level.ADVICE
    assert level(machine.LITTLE_FREE_BYTES) is Level.OK


def test_a_dead_cache_is_advice_and_a_dead_broker_is_wrong(
    settings: Settings, closed_port: int
) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{closed_port}/0"

    _probes, found = services.examine_services()

    assert [(each.subject, each.level) for each in found] == [
        ("Cache", Level.ADVICE),
        ("Broker", Level.WRONG),
        ("Workers", Level.WRONG),
    ]


@pytest.mark.parametrize(
    ("changed", "remedy"),
    [
        ({"EMBEDDER": "none"}, "Set NODELOOM_EMBEDDER to one of local, openai."),
        ({"EMBEDDERS": {"local": "no.such.Embedder"}}, "Run: uv sync"),
        (
            {"EMBEDDER": "openai", "OPENAI_API_KEY": ""},
            "Set OPENAI_API_KEY, or NODELOOM_EMBEDDER=local.",
        ),
        ({"EMBEDDER": "openai", "OPENAI_API_KEY": "sk"}, None),
        ({"EMBEDDER": "openai", "OPENAI_BASE_URL": "http://localhost:9/v1"}, None),
    ],
)
def test_the_embedder_must_have_what_it_needs(
    settings: Settings, changed: dict[str, Any], remedy: str | None
) -> None:
    settings.EMBEDDERS = {"local": "pathlib.Path", "openai": "pathlib.Path"}
    for name, value in changed.items():
        setattr(settings, name, value)

    expected = [] if remedy is None else [("Embedder", remedy)]
    assert wrongs(services.examine_embedder()) == expected


def test_gauges_of_the_apps_are_shown_while_the_database_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register_gauge("index_backlog", "Rows to embed.", lambda: 12)
    expected = Finding("Index backlog", Level.OK, "12")
    assert expected in examine()

    monkeypatch.setattr(database, "pending_migrations", lambda: ["accounts.0009_more"])
    assert expected not in examine()


def test_unsafe_settings_are_told_by_the_doctor_too(settings: Settings) -> None:
    settings.METRICS_TOKEN = "short"
    (finding,) = services.examine_settings()
    assert (finding.subject, finding.level) == ("Settings", Level.ADVICE)

    settings.PRODUCTION = True
    assert Level.WRONG in {each.level for each in services.examine_settings()}
