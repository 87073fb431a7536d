"""The Makefile on machines that lack something."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A directory with the Makefile and the lock, and an empty folder for programs."""
    for name in ("Makefile", "uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    return tmp_path


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with nothing on the PATH but what the test put there."""
    program = shutil.which("make")
    assert program
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        [program, *arguments],
        cwd=checkout,
        env={**environment, "PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def add_program(checkout: Path, name: str, script: str) -> None:
    """Put a program on the PATH."""
    path = checkout / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_machine_without_a_suitable_python_is_told_so(checkout: Path) -> None:
    add_program(checkout, "python3", "exit 1")  # too old

    answer = make(checkout, "up")

    assert answer.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13 and found none" in answer.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_cannot_make_environments_is_explained(checkout: Path) -> None:
    add_program(checkout, "python3.12", '[ "$1" != -m ]')
    add_program(checkout, "rm", "exit 0")

    answer = make(checkout, "up")

    assert answer.returncode != 0
    assert "install its venv package" in answer.stderr


def test_an_installed_environment_is_not_installed_again(checkout: Path) -> None:
    environment = checkout / ".venv" / "bin"
    environment.mkdir(parents=True)
    (environment / "python").write_text("#!/bin/sh\necho started $*\n")
    (environment / "python").chmod(0o755)
    for stamp in (".runtime", ".with-test", ".with-dev"):
        (checkout / ".venv" / stamp).touch()

    answer = make(checkout, "up", "ARGS=--port 9000")

    assert answer.returncode == 0
    assert answer.stdout == "started manage.py up --port 9000\n"
