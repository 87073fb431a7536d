"""Where the embedded servers are reached: a function of the data directory, so all agree."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

OWNER_ROLE = "nodeloom_owner"
APP_ROLE = "nodeloom_app"
DATABASE = "nodeloom"


@dataclass(frozen=True)
class Addresses:
    """Sockets of the embedded PostgreSQL and Valkey and the URLs made from them."""

    socket_dir: Path

    @property
    def database_url(self) -> str:
        """URL of the app role: neither superuser nor BYPASSRLS."""
        return f"postgres://{APP_ROLE}@{quote(str(self.socket_dir), safe='')}/{DATABASE}"

    @property
    def owner_url(self) -> str:
        """URL of the role that owns the tables and runs the migrations."""
        return f"postgres://{OWNER_ROLE}@{quote(str(self.socket_dir), safe='')}/{DATABASE}"

    @property
    def valkey_socket(self) -> Path:
        """Unix socket of the embedded Valkey."""
        return self.socket_dir / "valkey.sock"

    def redis_url(self, number: int) -> str:
        """URL of the Valkey database `number` for the cache."""
        return f"unix://{self.valkey_socket}?db={number}"

    def broker_url(self, number: int) -> str:
        """URL of the Valkey database `number` for Celery, whose transport spells it otherwise."""
        return f"redis+socket://{self.valkey_socket}?virtual_host={number}"


def addresses(data_dir: Path) -> Addresses:
    """Return the addresses that belong to `data_dir`.

    A Unix socket's path must stay below 108 bytes, so the sockets live in a short private folder
    named after the data directory and not inside it.
    """
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:10]
    return Addresses(Path("/tmp") / f"nodeloom-{os.getuid()}-{digest}")  # noqa: S108
