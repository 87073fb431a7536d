"""Spindles and runs over REST."""
