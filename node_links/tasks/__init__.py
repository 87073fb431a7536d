"""Background work of the graph, by noun; Celery finds what is imported here."""

from node_links.tasks import events as events
from node_links.tasks import sagas as sagas
from node_links.tasks import search as search
