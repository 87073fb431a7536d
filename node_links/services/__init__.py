"""What is written in the graph. Each module holds one noun."""
