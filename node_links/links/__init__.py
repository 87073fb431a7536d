"""What links are, apart from how they are written: addresses, drafts, rules, strength, pins."""
