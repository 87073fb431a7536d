"""Entities read by id, kept in Valkey as the JSON that is sent; `docs/cache.md` tells how."""
