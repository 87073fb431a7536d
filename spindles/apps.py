"""The spindles app."""

from django.apps import AppConfig


class SpindlesConfig(AppConfig):
    """Spindles, plans and runs."""

    name = "spindles"
    verbose_name = "Spindles"
