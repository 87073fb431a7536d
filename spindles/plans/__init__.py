"""What the engine runs: immutable plans of steps, whatever they were drawn as. Pure."""
