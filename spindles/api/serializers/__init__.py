"""Spindles as JSON."""
