"""Published versions over REST, the same for every feature."""
