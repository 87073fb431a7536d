"""Events: recorded with the change they tell of, delivered to whoever subscribed, kept for good."""
