"""Function models over REST."""
