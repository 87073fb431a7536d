"""Exports as files: what kinds there are. Features join in `AppConfig.ready()`."""
