"""The one door to the nodes of all features."""
