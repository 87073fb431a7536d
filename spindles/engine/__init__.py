"""The engine: what turns plans into runs that survive anything."""
