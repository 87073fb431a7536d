"""Everything Nodeloom consists of, started in order, watched and stopped by one process."""
