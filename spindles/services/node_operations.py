"""What the door `nodes/` may do with spindles and their steps, by their own services."""

from node_links.operations import NodeOperations


class SpindleOperations(NodeOperations):
    """Spindles, and the steps and triggers inside them."""
