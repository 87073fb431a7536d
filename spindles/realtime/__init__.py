"""Runs as they happen: what is told of one, as server-sent events."""
