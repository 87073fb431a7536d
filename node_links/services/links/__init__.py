"""Writing links: each module one way in which links come, change or go."""
