"""Steps of the start that need no processes: the lock, the probe, the steps on the terminal."""

import http.server
import io
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from config.embedded.lock import DataDirLock
from config.embedded.process import Command
from config.supervisor import installation
from config.supervisor import launch as launching
from config.supervisor.console import Terminal
from config.supervisor.launch import Probe, launch
from config.supervisor.options import Options
from config.supervisor.specs import ProcessSpec, server_specs, service_specs


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """Options that nothing real uses."""
    return Options("127.0.0.1", 1, 2, tmp_path, demo=False)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 503 once, then 200."""

    answers = [200, 503]

    def do_GET(self) -> None:
        """Answer with the next status."""
        status = Handler.answers.pop() if len(Handler.answers) > 1 else Handler.answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"failing": ["database"]}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    """A web server that becomes ready with the second question."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/health/ready"
    server.shutdown()
    thread.join()
    server.server_close()


def test_readiness_is_asked_and_a_refusal_is_kept_for_the_report(web: str) -> None:
    probe = Probe(web)

    assert probe() is False
    assert probe.last_answer == 'It answered 503: {"failing": ["database"]}'
    assert probe() is True


def test_a_web_process_that_does_not_listen_yet_is_not_ready() -> None:
    probe = Probe("http://127.0.0.1:1/health/ready")

    assert probe() is False
    assert probe.last_answer == ""


def test_a_second_start_says_where_the_first_one_is(options: Options) -> None:
    output = io.StringIO()
    with DataDirLock(options.lock_path) as lock:
        lock.write_note("http://127.0.0.1:8000")

        code = launch(options, Terminal(output))

    assert code == 1
    assert output.getvalue() == "Nodeloom is already running here: http://127.0.0.1:8000\n"


def test_steps_tell_their_time_or_their_failure() -> None:
    output = io.StringIO()
    terminal = Terminal(output)

    with terminal.step("roles"):
        pass
    with pytest.raises(ValueError, match="no"), terminal.step("tables"):
        raise ValueError("no")

    assert output.getvalue() == "  ✓ roles (0.0 s)\n  ✗ tables\n"


def test_nothing_is_embedded_where_servers_are_given(options: Options, settings: Settings) -> None:
    settings.EMBED_DATABASE, settings.EMBED_REDIS = True, True
    assert [spec.name for spec in server_specs(options)] == ["postgres", "valkey"]

    settings.EMBED_DATABASE = False
    assert [spec.name for spec in server_specs(options)] == ["valkey"]

    settings.EMBED_REDIS = False
    assert server_specs(options) == []


def test_every_queue_has_a_worker_and_workers_use_no_pool(options: Options) -> None:
    commands = {spec.name: spec.command() for spec in service_specs(options)}
    workers = [command for command in commands.values() if "-Q" in command.argv]

    served = {q for c in workers for q in c.argv[c.argv.index("-Q") + 1].split(",")}
    assert served == set(django_settings.CELERY_TASK_QUEUES)
    assert {command.env["NODELOOM_DB_POOL"] for command in workers} == {"0"}
    assert {"web", "live", "relay", "beat"} < set(commands)


def test_static_files_are_collected_when_they_may_have_changed(
    tmp_path: Path, settings: Settings
) -> None:
    settings.STATIC_ROOT = tmp_path / "static"

    assert installation.collect_static() is True
    assert (tmp_path / "static" / "admin").is_dir()
    assert installation.collect_static() is False

    (tmp_path / "static" / ".stamp").write_text("another state")
    assert installation.collect_static() is True


def test_removing_data_asks_first_and_refuses_while_something_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = tmp_path / "data"
    monkeypatch.setenv("NODELOOM_DATA_DIR", str(data_dir))
    call_command("remove_data")
    assert "There is nothing at" in capsys.readouterr().out

    data_dir.mkdir()
    (data_dir / "precious").write_text("kept")
    with (
        DataDirLock(data_dir / "up.lock"),
        pytest.raises(CommandError, match="Nodeloom runs there"),
    ):
        call_command("remove_data", "--yes")
    monkeypatch.setattr("builtins.input", lambda question: "no")
    call_command("remove_data")
    assert (data_dir / "precious").read_text() == "kept"

    call_command("remove_data", "--yes")
    assert not data_dir.exists()


@pytest.fixture
def bare_launch(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[list[str]]:
    """A launch without servers and without an installation: its one service runs a script."""
    settings.EMBED_DATABASE = settings.EMBED_REDIS = False
    for name in ("migrate", "collect_static", "create_administrator", "load_demo"):
        monkeypatch.setattr(installation, name, lambda: None)
    monkeypatch.setattr(launching, "empty_shared_folder", lambda data_dir: None)
    monkeypatch.setattr(launching, "READY_SECONDS", 0.0)
    script: list[str] = ["exec sleep 60"]
    spec = ProcessSpec("web", lambda: Command(("/bin/sh", "-c", script[0])))
    monkeypatch.setattr(launching, "service_specs", lambda options: [spec])
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield script
    for number, handler in handlers.items():
        signal.signal(number, handler)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_what_never_becomes_ready_is_stopped_again(tmp_path: Path, bare_launch: list[str]) -> None:
    output = io.StringIO()
    options = Options("127.0.0.1", free_port(), free_port(), tmp_path, demo=False)

    code = launch(options, Terminal(output))

    assert code == 1
    assert f"{options.url}/health/ready was not ready within 0 s." in output.getvalue()
    assert output.getvalue().endswith("Stopped.\n")
    assert not (tmp_path / "pids.json").exists()


def test_a_termination_signal_while_starting_stops_everything(
    tmp_path: Path, bare_launch: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "READY_SECONDS", 60.0)
    bare_launch[0] = "kill -TERM $PPID; exec sleep 60"
    output = io.StringIO()
    options = Options("127.0.0.1", free_port(), free_port(), tmp_path, demo=True)

    code = launch(options, Terminal(output))

    assert code == 0
    assert output.getvalue().endswith("Stopping …\nStopped.\n")


def test_a_generated_password_is_shown_once_and_a_given_one_never(options: Options) -> None:
    shown, silent = io.StringIO(), io.StringIO()

    launching.welcome(options, Terminal(shown), installation.Administrator("a@b.example", "pw1"))
    launching.welcome(options, Terminal(silent), installation.Administrator("a@b.example", None))

    assert "  password  pw1   (shown this once)\n" in shown.getvalue()
    assert "  e-mail    a@b.example\n" in silent.getvalue()
    assert "password" not in silent.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_first_administrator_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODELOOM_ADMIN_EMAIL", "first@nodeloom.example")
    monkeypatch.delenv("NODELOOM_ADMIN_PASSWORD", raising=False)

    first = installation.create_administrator()

    assert first is not None
    assert first.email == "first@nodeloom.example"
    assert first.password
    assert installation.create_administrator() is None


def test_without_such_commands_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "get_commands", dict)

    installation.load_demo()

    assert installation.create_administrator() is None
