"""What a link is worth and whether its target is still what was linked: rules without writes."""
