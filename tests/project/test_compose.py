"""docker-compose.yml holds the same parts as `make up`, and no secret of its own."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config.embedded.addresses import APP_ROLE, OWNER_ROLE
from config.embedded.postgres import MAJOR, SETTINGS, THROWAWAY, PostgresServer
from config.supervisor.specs import WORKERS
from tests.plugins.data_dirs import fresh_data_dir

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as Compose reads it, with its anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def command_of(service: dict[str, Any]) -> str:
    """Return the command as one line, however it is written."""
    command = service.get("command", "")
    return command if isinstance(command, str) else " ".join(command)


def test_every_part_is_a_service(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {
        *("db", "valkey", "migrate", "web", "live", "relay", "worker", "runner", "beat", "proxy")
    }


def test_the_worker_groups_are_those_of_the_supervisor(compose: dict[str, Any]) -> None:
    for name, queues in WORKERS.items():
        service = compose["services"][name]
        assert f"-Q {','.join(queues)} " in command_of(service)
        assert service["environment"]["NODELOOM_DB_POOL"] == "0"
    served = {queue for queues in WORKERS.values() for queue in queues}
    assert served == set(settings.CELERY_TASK_QUEUES)


def test_only_the_migration_is_given_the_owner(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        environment = service.get("environment", {})
        owns = OWNER_ROLE in environment.get("DATABASE_OWNER_URL", "")
        assert owns == (name == "migrate")
        assert OWNER_ROLE not in environment.get("DATABASE_URL", "")


def test_only_the_proxy_is_published(compose: dict[str, Any]) -> None:
    published = [name for name, service in compose["services"].items() if "ports" in service]

    assert published == ["proxy"]


def test_every_required_variable_stands_in_the_example(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )

    required = set(re.findall(r"\$\{(\w+):\?\}", text))
    assert required <= set(example)
    assert {example[name] for name in required} == {""}


def test_every_secret_comes_from_the_environment(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|API_KEY", name):
                assert re.fullmatch(r"\$\{\w+:[?-]\}", value), name


def test_the_script_of_the_database_image_makes_the_roles_of_the_embedded_one() -> None:
    with fresh_data_dir() as data_dir:
        server = PostgresServer(data_dir, {**THROWAWAY, "shared_buffers": "16MB"})
        server.start(data_dir / "postgres.log")
        try:
            subprocess.run(
                ["bash", ROOT / "docker" / "initdb" / "10-roles.sh"],
                env={
                    "PATH": f"{server.bin}:{os.environ['PATH']}",
                    "PGHOST": str(server.socket_dir),
                    "POSTGRES_USER": "postgres",
                    "NODELOOM_OWNER_PASSWORD": "one'quoted",
                    "NODELOOM_APP_PASSWORD": "two",
                },
                check=True,
                capture_output=True,
            )
            with server.connect("nodeloom") as connection:
                rows = connection.execute(
                    "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole,"
                    " rolreplication FROM pg_roles"
                    " WHERE rolname LIKE 'nodeloom%' ORDER BY 1"
                ).fetchall()
                vector = connection.execute("SELECT '[1]'::vector::text").fetchone()
        finally:
            server.stop()

    assert rows == [
        (APP_ROLE, False, False, False, False, False),
        (OWNER_ROLE, False, True, True, False, False),
    ]
    assert vector == ("[1]",)


def test_the_database_keeps_the_times_of_commits_as_the_embedded_one_does(
    compose: dict[str, Any],
) -> None:
    name = "track_commit_timestamp"

    assert f"-c {name}={SETTINGS[name]}" in command_of(compose["services"]["db"])


def test_the_images_are_of_the_versions_that_are_embedded(compose: dict[str, Any]) -> None:
    assert compose["services"]["db"]["image"].endswith(f":pg{MAJOR}")
