"""`up` from beginning to end: the lock, the servers, the installation, the services, the watch."""

import http.client
import urllib.error
import urllib.request

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError

from config.embedded.errors import EmbeddedError
from config.embedded.lock import DataDirLock, DataDirLocked
from config.metrics.exposition import empty_shared_folder
from config.supervisor import installation
from config.supervisor.console import Terminal
from config.supervisor.errors import StopRequested, SupervisorError
from config.supervisor.options import Options
from config.supervisor.pids import sweep
from config.supervisor.ports import require_free
from config.supervisor.specs import server_specs, service_specs
from config.supervisor.supervisor import Supervisor

SERVER_SECONDS = 60.0
READY_SECONDS = 120.0


def launch(options: Options, terminal: Terminal) -> int:
    """Run everything until it is asked to stop; return the exit code.

    0 after Ctrl-C or a termination signal, 1 where something runs here already, cannot start, or
    gave up. Whatever was started is stopped again in each case.
    """
    try:
        lock = DataDirLock(options.lock_path).acquire()
    except DataDirLocked as running:
        terminal.line(
            f"Nodeloom is already running here: {running.note or 'it is starting'}", "red"
        )
        return 1
    supervisor = Supervisor(terminal, options.data_dir / "pids.json")
    code = 0
    try:
        supervisor.listen_for_stop()
        _start(options, terminal, supervisor, lock)
        supervisor.watch()
    except StopRequested:
        terminal.line("Stopping …")
    except (SupervisorError, EmbeddedError, CommandError, DatabaseError) as error:
        terminal.line(str(error), "red")
        code = 1
    finally:
        supervisor.stop()
        lock.release()
    terminal.line("Stopped.")
    return code


def _start(options: Options, terminal: Terminal, supervisor: Supervisor, lock: DataDirLock) -> None:
    terminal.line(f"Starting Nodeloom, data in {options.data_dir}", "bold")
    lock.write_note(f"{options.url} (stop it with Ctrl-C where it was started)")
    left = sweep(options.data_dir / "pids.json")
    if left:
        terminal.line(f"  Ended what a former start left running: {', '.join(left)}")
    require_free(options.host, options.port, "--port")
    require_free(options.host, options.live_port, "--live-port")
    for spec in server_specs(options):
        with terminal.step(spec.name):
            supervisor.start(spec)
            if spec.is_ready:
                supervisor.wait_until(spec.name, spec.is_ready, SERVER_SECONDS)
    administrator = _install(options, terminal)
    empty_shared_folder(options.data_dir)
    with terminal.step("web, live, workers, beat"):
        supervisor.start(*service_specs(options))
        probe = Probe(f"{options.url}/health/ready")
        try:
            supervisor.wait_until(probe.url, probe, READY_SECONDS)
        except SupervisorError as error:
            raise SupervisorError(f"{error} {probe.last_answer}".rstrip()) from error
    welcome(options, terminal, administrator)


def _install(options: Options, terminal: Terminal) -> installation.Administrator | None:
    if settings.EMBED_DATABASE:
        with terminal.step("roles"):
            installation.make_roles(options)
    with terminal.step("tables"):
        installation.migrate()
    with terminal.step("static files"):
        installation.collect_static()
    with terminal.step("organisation and administrator"):
        administrator = installation.create_administrator()
    if options.demo:
        with terminal.step("demonstration content"):
            installation.load_demo()
    return administrator


def welcome(
    options: Options, terminal: Terminal, administrator: installation.Administrator | None
) -> None:
    terminal.line("")
    terminal.line(f"Nodeloom runs at {options.url}", "bold green")
    terminal.line(f"  admin     {options.url}/admin/")
    terminal.line(f"  API       {options.url}/api/docs/")
    terminal.line(f"  live      {options.live_url}")
    if administrator is not None:
        terminal.line(f"  e-mail    {administrator.email}")
        if administrator.password:
            terminal.line(f"  password  {administrator.password}   (shown this once)", "bold")
    terminal.line("Ctrl-C stops everything; the data stay.")
    terminal.line("")


class Probe:
    """Asks the web process whether it and all it needs are ready."""

    def __init__(self, url: str) -> None:
        """Ask at `url`."""
        self.url = url
        self.last_answer = ""

    def __call__(self) -> bool:
        """Say whether the answer is 200; keep another answer for the report."""
        try:
            with urllib.request.urlopen(self.url, timeout=5) as answer:  # noqa: S310 - our own http URL
                return bool(answer.status == http.HTTPStatus.OK)
        except urllib.error.HTTPError as error:
            self.last_answer = (
                f"It answered {error.code}: {error.read(500).decode(errors='replace')}"
            )
        except (OSError, http.client.HTTPException):
            pass  # not listening yet
        return False
