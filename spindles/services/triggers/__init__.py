"""What starts spindles by itself: registering triggers, and starting runs when they fire."""
