"""What runs by itself: spindles, plans, and the engine that executes them."""
