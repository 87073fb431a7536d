"""What happens to SOPs: the life cycle of every entity, and reviews that are due."""

from datetime import date

from node_links.events.catalogue import life_cycle_events
from node_links.events.types import EventData, EventType, event_types


class ReviewDue(EventData):
    """The day has come on which somebody wanted the SOP to be read again."""

    name: str
    due_on: date


event_types.register(*life_cycle_events("Sop"), EventType("SopReviewDue", ReviewDue))
