"""Finding nodes by words, by meaning, or by both."""
