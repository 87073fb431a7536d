"""What `up` was asked for, where the answer comes from, and what the children are told."""

import stat
from pathlib import Path

import pytest

from config.env import secret_key as secret_key_of_settings
from config.supervisor.options import Options, read_options, secret_key


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment that decides nothing but the data directory."""
    for name in ("HOST", "PORT", "LIVE_PORT", "DEMO", "SECRET_KEY"):
        monkeypatch.delenv(f"NODELOOM_{name}", raising=False)
    monkeypatch.setenv("NODELOOM_DATA_DIR", str(tmp_path))


def test_defaults_ask_for_nothing(tmp_path: Path) -> None:
    assert read_options() == Options("127.0.0.1", 8000, 8001, tmp_path, demo=True)


def test_the_environment_decides_without_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODELOOM_HOST", "::")
    monkeypatch.setenv("NODELOOM_PORT", "9000")
    monkeypatch.setenv("NODELOOM_DEMO", "0")

    options = read_options()

    assert (options.host, options.port, options.live_port) == ("::", 9000, 9001)
    assert options.demo is False
    assert options.url == "http://[::1]:9000"


def test_arguments_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NODELOOM_PORT", "9000")
    monkeypatch.setenv("NODELOOM_LIVE_PORT", "9500")
    other = str(tmp_path / "other")

    options = read_options(host="10.0.0.1", port=7000, live_port=7777, data_dir=other, demo=False)

    assert options == Options("10.0.0.1", 7000, 7777, tmp_path / "other", demo=False)
    assert (options.url, options.live_url) == ("http://10.0.0.1:7000", "http://10.0.0.1:7777")


def test_children_are_told_every_decision(tmp_path: Path) -> None:
    environment = read_options(port=7000).environment({"PATH": "/bin"})

    assert environment == {
        "PATH": "/bin",
        "NODELOOM_PORT": "7000",
        "NODELOOM_LIVE_PORT": "7001",
        "NODELOOM_DATA_DIR": str(tmp_path),
        "NODELOOM_SECRET_KEY": (tmp_path / "secret_key").read_text(),
        "PYTHONUNBUFFERED": "1",
    }


def test_a_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = secret_key(tmp_path)

    assert len(first) >= 50
    assert secret_key(tmp_path) == first
    assert secret_key_of_settings("insecure") == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_a_configured_key_is_taken_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODELOOM_SECRET_KEY", "configured")

    assert secret_key(tmp_path) == "configured"
    assert secret_key_of_settings("insecure") == "configured"
    assert not (tmp_path / "secret_key").exists()


def test_without_any_key_the_default_is_used(tmp_path: Path) -> None:
    assert secret_key_of_settings("insecure") == "insecure"
