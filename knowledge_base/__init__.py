"""What an organisation knows: its procedures (SOPs), their versions, passages and sources."""
