"""The engine: runs plans, step by step, so that nothing committed is lost or done twice."""
