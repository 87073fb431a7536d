"""The machine: Python, the data directory, the disk, the ports."""

import os
import shutil
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from config.doctor.findings import Finding, advice, fine, wrong

MIN_PYTHON = (3, 11)
MIN_FREE_BYTES = 1 << 30
LITTLE_FREE_BYTES = 5 << 30


def examine_python() -> Iterator[Finding]:
    """Look at the interpreter's version."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < MIN_PYTHON:
        yield wrong("Python", f"{version} is too old.", "Use Python 3.11 or newer.")
    else:
        yield fine("Python", version)


def examine_data_dir() -> Iterator[Finding]:
    """Look at who may enter the data directory and how much room it has."""
    folder = Path(settings.DATA_DIR)
    if not folder.exists():
        remedy = "Run manage.py up: it makes the folder." if settings.EMBED_DATABASE else ""
        message = f"{folder} does not exist yet."
        yield advice("Data", message, remedy) if remedy else fine("Data", message)
        folder = next(parent for parent in folder.parents if parent.exists())
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield wrong(
            "Data", f"{folder} cannot be written.", f"Make it yours: chown -R $USER {folder}"
        )
    elif folder.stat().st_mode & stat.S_IWOTH:
        yield wrong("Data", f"Anybody may write {folder}.", f"Run: chmod o-w {folder}")
    else:
        yield fine("Data", str(folder))
    yield _room(folder)


def _room(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    told = f"{free / (1 << 30):.1f} GiB free at {folder}"
    if free < MIN_FREE_BYTES:
        return wrong("Disk", f"Only {told}.", "Free some space or set NODELOOM_DATA_DIR elsewhere.")
    if free < LITTLE_FREE_BYTES:
        return advice("Disk", f"{told}.", "Watch it: backups and indexes need room.")
    return fine("Disk", f"{told}.")


def examine_ports(running: bool) -> Iterator[Finding]:
    """Look whether the web and live ports are free, or held by the platform where it runs."""
    for variable, port in (("PORT", settings.PORT), ("LIVE_PORT", settings.LIVE_PORT)):
        subject = f"Port {port}"
        if not _listening(port):
            yield fine(subject, "free")
        elif running:
            yield fine(subject, "in use while the platform runs")
        else:
            yield wrong(
                subject,
                "Another program listens on it.",
                f"Stop that program or choose another port with NODELOOM_{variable}.",
            )


def _listening(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
