"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from config.warm_up import start_warm_up  # noqa: E402 - needs the settings that are set up above

start_warm_up()
