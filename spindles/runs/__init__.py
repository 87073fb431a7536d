"""Runs as they are read: their steps, the runs below them, who may do what with them."""
