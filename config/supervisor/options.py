"""What `up` was asked for, and the environment that makes every child agree with it."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import env


@dataclass(frozen=True)
class Options:
    """Where to listen, where to keep the data, and whether to load the demonstration content."""

    host: str
    port: int
    live_port: int
    data_dir: Path
    demo: bool

    @property
    def url(self) -> str:
        """The address of the web process as seen from this machine."""
        return f"http://{_reachable(self.host)}:{self.port}"

    @property
    def live_url(self) -> str:
        """The address of the live process as seen from this machine."""
        return f"http://{_reachable(self.host)}:{self.live_port}"

    @property
    def lock_path(self) -> Path:
        """The lock that says that something runs in this data directory."""
        return self.data_dir / "up.lock"

    def environment(self, current: Mapping[str, str]) -> dict[str, str]:
        """Return `current` with every setting that this start decides."""
        return {
            **current,
            "NODELOOM_PORT": str(self.port),
            "NODELOOM_LIVE_PORT": str(self.live_port),
            "NODELOOM_DATA_DIR": str(self.data_dir),
            "NODELOOM_SECRET_KEY": secret_key(self.data_dir),
            "PYTHONUNBUFFERED": "1",
        }


def read_options(
    *,
    host: str | None = None,
    port: int | None = None,
    live_port: int | None = None,
    data_dir: str | None = None,
    demo: bool = True,
) -> Options:
    """Join the arguments of the command with the environment; an argument wins."""
    chosen_port = port or env.whole("PORT", 8000)
    return Options(
        host=host or env.text("HOST", "127.0.0.1"),
        port=chosen_port,
        live_port=live_port or env.whole("LIVE_PORT", chosen_port + 1),
        data_dir=Path(data_dir).expanduser().resolve() if data_dir else env.data_dir(),
        demo=demo and env.flag("DEMO", default=True),
    )


def secret_key(data_dir: Path) -> str:
    """Return the configured secret key, or the installation's own, made on first use.

    The file is created closed to others and in one step, so that no two starts make different ones.
    """
    configured = env.text("SECRET_KEY")
    if configured:
        return configured
    path = data_dir / env.SECRET_KEY_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(50)
        file.write(key)
    return key


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - a comparison
