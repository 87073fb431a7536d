"""What must be in place before the first request: roles, tables, static files, an account."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from config import env
from config.embedded.postgres import PostgresServer
from config.embedded.roles import ensure_roles
from config.supervisor.options import Options


@dataclass(frozen=True)
class Administrator:
    """The first administrator; `password` is None unless it was generated just now."""

    email: str
    password: str | None


def make_roles(options: Options) -> None:
    """Create the roles and the database of the embedded server."""
    ensure_roles(PostgresServer(options.data_dir).connect)


def migrate() -> None:
    """Bring the tables up to date, as their owner, and leave no connection behind."""
    call_command("migrate", verbosity=0, interactive=False)
    _release_connections()


def collect_static() -> bool:
    """Collect the static files if they may have changed; say whether that was done.

    Those of the packages change with the lock file only, our own are few enough to look at.
    """
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    state = _static_state()
    if stamp.exists() and stamp.read_text() == state:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state)
    return True


def create_administrator() -> Administrator | None:
    """Make the first organisation and its administrator; None where there are users already."""
    if "bootstrap" not in get_commands():
        return None
    output = io.StringIO()
    call_command("bootstrap", json=True, stdout=output)
    _release_connections()
    answer = json.loads(output.getvalue())
    return Administrator(answer["email"], answer["password"]) if answer else None


# In this order: models and spindles refer to the pages.
DEMO_COMMANDS = ("load_demo", "load_demo_models", "load_demo_spindles")


def load_demo() -> None:
    """Load the demonstration content where an app offers it; loading again changes nothing."""
    known = get_commands()
    for name in DEMO_COMMANDS:
        if name in known:
            call_command(name, stdout=io.StringIO())
            _release_connections()


def _release_connections() -> None:
    """Close this process's connections and its pool: it only watches from now on."""
    connections.close_all()
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()


def _static_state() -> str:
    digest = hashlib.sha256()
    for part in _static_parts(env.BASE_DIR):
        digest.update(part)
    return digest.hexdigest()


def _static_parts(base: Path) -> Iterator[bytes]:
    lock = base / "uv.lock"
    if lock.exists():
        yield lock.read_bytes()
    for path in sorted(base.glob("*/static/**/*")):
        if path.is_file() and not path.is_relative_to(settings.STATIC_ROOT):
            yield f"{path}:{path.stat().st_mtime_ns}".encode()
