"""Spindles over REST."""
