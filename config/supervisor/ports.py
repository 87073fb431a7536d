"""Whether a port can be listened on, and who has it otherwise."""

import socket

import psutil

from config.supervisor.errors import SupervisorError


def require_free(host: str, port: int, option: str) -> None:
    """Raise SupervisorError, naming the port and its holder, where `port` cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            holder = _holder(port)
            reason = f"is taken{f' by {holder}' if holder else ''}"
            if not holder and error.strerror and "in use" not in error.strerror:
                reason = f"cannot be used on {host} ({error.strerror})"
            raise SupervisorError(f"Port {port} {reason}: choose another with {option}.") from error


def _holder(port: int) -> str:
    try:
        listening = [
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
        ]
        pid = next(pid for pid in listening if pid)
        return f"{psutil.Process(pid).name()} (process {pid})"
    except (psutil.Error, StopIteration):
        return ""  # another user's process: only its owner may know
