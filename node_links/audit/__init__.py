"""The audit trail: what triggers write, what services add to it, how long it is kept."""
