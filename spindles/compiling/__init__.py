"""From a definition to the plan that the engine runs. Pure and deterministic."""
