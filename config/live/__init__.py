"""What stays open: one listener per process, fanned out to any number of server-sent streams."""
