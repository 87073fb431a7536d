"""Background work of function models, by noun; Celery finds what is imported here."""

from function_models.tasks import maintenance as maintenance
