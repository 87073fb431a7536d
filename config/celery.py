"""The Celery application: six queues, tasks found in every app's `tasks.py`."""

import os

from celery import Celery

from config.broker_transport import install_transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

install_transport()
app = Celery("nodeloom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
