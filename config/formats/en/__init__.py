"""English, as it is read everywhere: day before month, 24 hours."""
