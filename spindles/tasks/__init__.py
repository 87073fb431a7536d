"""Background work of spindles, by noun; Celery finds what is imported here."""

from spindles.tasks import triggers as triggers
