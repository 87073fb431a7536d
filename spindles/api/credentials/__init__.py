"""Credentials over REST."""
