"""Notices to people: in the product and by e-mail, once per event, person and channel."""
