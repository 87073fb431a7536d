"""What is written about spindles, plans and runs."""
