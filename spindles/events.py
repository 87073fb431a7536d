"""What happens to spindles and runs; each kind is declared in a module of its own."""

from spindles.event_types import definitions

__all__ = ["definitions"]
