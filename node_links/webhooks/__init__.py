"""Outgoing webhooks: signed messages to addresses outside, tried for hours."""
