"""Links and their types over REST."""
