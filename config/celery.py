"""The Celery application: six queues, tasks found in every app's `tasks.py`."""

import os
import sys

from celery import Celery

from config.broker_transport import install_transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

install_transport()
app = Celery("nodeloom")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery would close each thread's connections to the database before and after every task. They are
# kept instead, and those that were lost are closed as requests do it: see config/task_context.py.
app.conf.CELERY_DB_REUSE_MAX = sys.maxsize
app.autodiscover_tasks()
