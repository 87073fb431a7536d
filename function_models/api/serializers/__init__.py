"""The shapes of function models over REST, one module for each noun."""
