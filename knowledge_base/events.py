"""What happens to SOPs: the life cycle of every entity."""

from node_links.events.catalogue import life_cycle_events
from node_links.events.types import event_types

event_types.register(*life_cycle_events("Sop"))
