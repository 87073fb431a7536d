"""The unprivileged account that runs PostgreSQL and Valkey where Nodeloom itself is run by root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError

CANDIDATES = ("nodeloom", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine by number."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """Return the account to switch to, or None where the process is not root and stays itself.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root and none of the accounts "
        f"{', '.join(CANDIDATES)} exists: create one (useradd --system nodeloom) "
        "or run Nodeloom as an ordinary user."
    )


def can_enter(account: Account | None, path: Path) -> bool:
    """Say whether `account` may enter the folder (or run the program) at `path`.

    Asked of the kernel as that account, because modes, groups, ACLs and mount options all count.
    """
    if account is None:
        return os.access(path, os.X_OK)
    answer = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return answer.returncode == 0
