"""What depends on what inside a drawing, and the figures that follow from it. Pure."""
