"""What happens to spindles and to runs."""
