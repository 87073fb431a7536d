"""The kinds of steps that every installation has: one module per family."""
