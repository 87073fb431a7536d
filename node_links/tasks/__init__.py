"""Background work of the graph, by noun; Celery finds what is imported here."""

from node_links.tasks import notifications as notifications
from node_links.tasks import search as search
