"""How dates are written in pages."""
