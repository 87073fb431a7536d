"""Structured logs: one shape for our own lines, Django's, Celery's and any library's.

JSON lines where a program reads them (not a terminal, or NODELOOM_LOG_FORMAT=json), else coloured
text. Secrets are blanked by the name of their key before anything is rendered.
"""

import logging
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from config import env

REDACTED = "[redacted]"
_SECRET_KEY = re.compile(r"password|passwd|secret|token|api_?key|authorization|cookie", re.I)


def redact_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Blank every value, at any depth, whose key names a secret."""
    return {key: _redacted(key, value) for key, value in event.items()}


def redacted(value: Any) -> Any:
    """Return a JSON value with every value blanked, at any depth, whose key names a secret."""
    return _redacted(None, value)


# The same few keys come with every line.
@lru_cache(maxsize=1024)
def _names_secret(key: object) -> bool:
    return isinstance(key, str) and _SECRET_KEY.search(key) is not None


def _redacted(key: object, value: object) -> object:
    # Numbers stay: `prompt_tokens` counts something.
    if _names_secret(key) and not isinstance(value, int | float):
        return None if value is None else REDACTED
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {inner: _redacted(inner, held) for inner, held in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(None, held) for held in value]
    return value


def _json(event: EventDict, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def shared_processors() -> list[Processor]:
    """Return what happens to every line, ours or a library's, before it is rendered."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact_secrets,
    ]


def renderers(*, as_json: bool) -> list[Processor]:
    """Return the last steps, which turn an event into text."""
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if as_json:
        return [
            strip,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    return [strip, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def configure_structlog() -> None:
    """Send structlog's events through the standard library's loggers, where levels are set."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def wants_json() -> bool:
    """Return whether lines are written as JSON: as NODELOOM_LOG_FORMAT says, else when piped."""
    return env.text("LOG_FORMAT", "console" if sys.stderr.isatty() else "json") == "json"


def logging_settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return Django's LOGGING: one handler on stderr and the loggers that need another level."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *shared_processors()],
                "processors": renderers(as_json=as_json),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own set-up gives this logger a handler; without a word here lines come twice.
            "django": {"handlers": [], "level": level, "propagate": True},
            # A 4xx or 5xx has its line from the middleware already.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            # One line a task is ours (config.task_context); Celery would add three.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "CRITICAL"},
            "celery.beat": {"level": "WARNING"},
            **{name: {"level": "WARNING"} for name in ("httpx2", "httpcore2", "markdown_it")},
        },
    }


def log_level() -> str:
    """Return NODELOOM_LOG_LEVEL; a word that is no level stops the start with a clear error."""
    level = env.text("LOG_LEVEL", "INFO").upper()
    if level not in logging.getLevelNamesMapping():
        raise ValueError(f"NODELOOM_LOG_LEVEL={level} is not one of DEBUG, INFO, WARNING, ERROR.")
    return level
