"""Realtime: who may hear of what, and how it is told as server-sent events."""
