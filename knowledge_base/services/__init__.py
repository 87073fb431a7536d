"""What is written in the knowledge base: SOPs, their references, imports and exports."""
