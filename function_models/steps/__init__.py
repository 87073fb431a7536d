"""The kinds of steps that models compile to and nobody else uses."""
