"""Typed reading of the environment. Names carry the prefix `NODELOOM_`, save the usual URLs."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

SECRET_KEY_FILE = "secret_key"  # noqa: S105 - the name of a file


def text(name: str, default: str = "") -> str:
    """Return `NODELOOM_<name>` as text."""
    return str(env.str(f"NODELOOM_{name}", default=default))


def flag(name: str, default: bool = False) -> bool:
    """Return `NODELOOM_<name>` as a truth value (`1`, `true`, `yes`, `on` are true)."""
    return bool(env.bool(f"NODELOOM_{name}", default=default))


def whole(name: str, default: int) -> int:
    """Return `NODELOOM_<name>` as an integer; anything else stops the start with a clear error."""
    return int(env.int(f"NODELOOM_{name}", default=default))


def number(name: str, default: float) -> float:
    """Return `NODELOOM_<name>` as a float."""
    return float(env.float(f"NODELOOM_{name}", default=default))


def words(name: str, default: list[str] | None = None) -> list[str]:
    """Return `NODELOOM_<name>`, a comma-separated list, without blanks."""
    return [w.strip() for w in env.list(f"NODELOOM_{name}", default=default or []) if w.strip()]


def numbers(name: str, default: list[float]) -> list[float]:
    """Return `NODELOOM_<name>`, a comma-separated list, as floats."""
    given = words(name)
    return [float(word) for word in given] if given else default


def url(name: str) -> str | None:
    """Return one of the unprefixed addresses (`DATABASE_URL` …) or None where it is not set."""
    return env.str(name, default="") or None


def data_dir() -> Path:
    """Return the folder that holds everything the embedded servers keep."""
    return Path(text("DATA_DIR") or BASE_DIR / ".nodeloom").expanduser().resolve()


def secret_key(default: str) -> str:
    """Return the secret key: the configured one, else that of the installation, else `default`.

    `manage.py up` makes one in the data directory, so that commands run beside it share it.
    """
    kept = data_dir() / SECRET_KEY_FILE
    configured = text("SECRET_KEY")
    if configured:
        return configured
    try:
        return kept.read_text().strip()
    except OSError:
        return default
