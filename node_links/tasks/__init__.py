"""Background work of the graph, by noun; Celery finds what is imported here."""

from node_links.tasks import audit as audit
from node_links.tasks import cycles as cycles
from node_links.tasks import drift as drift
from node_links.tasks import events as events
from node_links.tasks import exports as exports
from node_links.tasks import notifications as notifications
from node_links.tasks import sagas as sagas
from node_links.tasks import search as search
from node_links.tasks import strength as strength
from node_links.tasks import webhooks as webhooks
