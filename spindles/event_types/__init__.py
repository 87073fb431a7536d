"""The types of events of spindles and runs."""
