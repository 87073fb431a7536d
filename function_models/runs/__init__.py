"""Runs of models as they are read: what comes back, where nodes stand, what a run would do."""
