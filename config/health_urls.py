"""Addresses for probes and Prometheus."""

from django.urls import path

from config.health import live, ready
from config.metrics.views import metrics

urlpatterns = [
    path("health/live", live, name="health-live"),
    path("health/ready", ready, name="health-ready"),
    path("metrics", metrics, name="metrics"),
]
