"""Sagas: several transactions that take effect together, or are undone one by one."""
