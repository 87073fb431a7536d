"""Beside the database: Valkey, the broker, the workers, the embedder, backlogs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from config.doctor.findings import Finding, advice, fine, wrong
from config.metrics import gauge_values
from config.probes import CHECKS, Probe, Status, check_all

REMEDIES = {
    "cache": "Run manage.py up, or look at REDIS_URL. Until then everything works, only slower.",
    "broker": "Run manage.py up, or look at BROKER_URL (else REDIS_URL). Until then no task runs.",
    "workers": "Run manage.py up, or start one: celery -A config worker",
}
LOCAL_ADDRESSES = ("localhost", "127.0.0.1", "::1")


def examine_services() -> tuple[dict[str, Probe], list[Finding]]:
    """Return the probes as readiness sees them, and the findings on Valkey, broker and workers."""
    probes = check_all()
    found = []
    for name in CHECKS:
        if name not in REMEDIES:
            continue
        probe = probes[name]
        subject = name.capitalize()
        if probe.status is Status.OK:
            found.append(fine(subject, probe.detail))
        else:
            note = advice if probe.status is Status.DEGRADED else wrong
            found.append(note(subject, probe.detail, REMEDIES[name]))
    return probes, found


def examine_embedder() -> Iterator[Finding]:
    """Look whether the embedder exists and has what it needs; none is called."""
    name = settings.EMBEDDER
    path = settings.EMBEDDERS.get(name)
    if path is None:
        known = ", ".join(settings.EMBEDDERS)
        yield wrong(
            "Embedder", f"{name} is not known.", f"Set NODELOOM_EMBEDDER to one of {known}."
        )
        return
    try:
        import_string(path)
    except ImportError as error:
        yield wrong("Embedder", f"{name} cannot be loaded: {error}", "Run: uv sync")
        return
    host = urlsplit(settings.OPENAI_BASE_URL).hostname
    if name == "openai" and not settings.OPENAI_API_KEY and host not in LOCAL_ADDRESSES:
        yield wrong(
            "Embedder", "openai has no key.", "Set OPENAI_API_KEY, or NODELOOM_EMBEDDER=local."
        )
        return
    yield fine("Embedder", name)


def examine_gauges() -> Iterator[Finding]:
    """Tell the gauges that the apps registered, such as the backlog of the search index."""
    for name, value in gauge_values().items():
        yield fine(name.replace("_", " ").capitalize(), f"{value:g}")


def examine_settings() -> Iterator[Finding]:
    """Run the system checks of security as `manage.py check` does."""
    messages = checks.run_checks(tags=[checks.Tags.security])
    ours = [message for message in messages if str(message.id).startswith("nodeloom.")]
    for message in ours:
        note = wrong if message.level >= checks.ERROR else advice
        yield note("Settings", str(message.msg), str(message.hint or "See docs/."))
    if not ours:
        yield fine("Settings", "safe for production" if settings.PRODUCTION else "for development")
