"""Triggers of spindles over REST, and the addresses of inbound webhooks."""
