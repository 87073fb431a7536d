"""What starts a spindle by itself: how it is written down, and when a schedule falls due."""
