"""Questions about the graph over REST."""
