"""Who: users, organisations, memberships, access keys, and the walls between organisations."""
