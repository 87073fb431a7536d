"""How the process is put together. Imports none of the feature apps; names them in strings only."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
