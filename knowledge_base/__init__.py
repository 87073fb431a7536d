"""What is known: standard operating procedures, their versions, references and importers."""
