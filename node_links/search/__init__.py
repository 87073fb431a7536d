"""Search by words and by meaning over nodes and their passages."""
