"""Log lines: their form, and what never gets into them."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog

from config.logging import log_level, logging_settings, redact_secrets, wants_json


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process's one handler writes, in JSON."""
    from django.conf import settings

    stream = io.StringIO()
    config = logging_settings(level="INFO", as_json=True)
    config["handlers"]["stderr"]["stream"] = stream
    root = logging.getLogger()
    handlers = root.handlers[:]
    logging.config.dictConfig(config)
    yield stream
    logging.config.dictConfig(settings.LOGGING)
    root.handlers[:] = handlers


def test_our_lines_and_those_of_libraries_have_one_shape(written: io.StringIO) -> None:
    structlog.get_logger("ours").info("saved", rows=3)
    logging.getLogger("theirs").warning("%d rows lost", 2, extra={"table": "t"})

    ours, theirs = [json.loads(line) for line in written.getvalue().splitlines()]
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {"event": "saved", "rows": 3, "level": "info", "logger": "ours"}
    theirs.pop("timestamp")
    assert theirs == {
        "event": "2 rows lost",
        "level": "warning",
        "logger": "theirs",
        "table": "t",
    }


def test_a_traceback_stays_inside_its_line(written: io.StringIO) -> None:
    structlog.get_logger("ours").error("failed", exc_info=ValueError("why"))

    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["exception"] == "ValueError: why"


def test_lines_below_the_level_are_not_written(written: io.StringIO) -> None:
    structlog.get_logger("ours").debug("detail")
    logging.getLogger("django.request").error("Not Found: /x")

    assert written.getvalue() == ""


def test_secrets_are_blanked_at_any_depth_and_numbers_are_kept() -> None:
    event = {
        "event": "call",
        "Authorization": "Bearer abc",
        "user": {"name": "ada", "new_password": "x", "keys": [{"api_key": "k"}, {"apikey": "k"}]},
        "refresh_token": None,
        "prompt_tokens": 12,
        "client_secret": ["a", "b"],
    }

    assert redact_secrets(None, "info", event) == {
        "event": "call",
        "Authorization": "[redacted]",
        "user": {
            "name": "ada",
            "new_password": "[redacted]",
            "keys": [{"api_key": "[redacted]"}, {"apikey": "[redacted]"}],
        },
        "refresh_token": None,
        "prompt_tokens": 12,
        "client_secret": "[redacted]",
    }


def test_the_form_follows_the_environment_and_else_whether_somebody_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NODELOOM_LOG_FORMAT", raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert wants_json() is False
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert wants_json() is True
    monkeypatch.setenv("NODELOOM_LOG_FORMAT", "console")
    assert wants_json() is False


def test_the_console_form_is_text() -> None:
    formatter = logging_settings(level="INFO", as_json=False)["formatters"]["structured"]
    made = structlog.stdlib.ProcessorFormatter(
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    record = logging.LogRecord("theirs", logging.INFO, "f", 1, "hello %s", ("you",), None)

    assert "hello you" in made.format(record)


def test_an_unknown_level_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODELOOM_LOG_LEVEL", "debug")
    assert log_level() == "DEBUG"

    monkeypatch.setenv("NODELOOM_LOG_LEVEL", "loud")
    with pytest.raises(ValueError, match="NODELOOM_LOG_LEVEL=LOUD"):
        log_level()
