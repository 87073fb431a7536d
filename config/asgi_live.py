"""The live process: what must stay open, so that it never occupies a thread of the web process."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.live.application import LiveApplication  # noqa: E402 - needs the settings

application = LiveApplication()
