"""From a drawing to the plan that the engine runs. Pure and deterministic."""
