"""The bus: recording, delivering, replaying, against real servers."""
