"""Enumerations of the accounts app."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What a member may do in an organisation; each role includes those below it."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


RANK: dict[str, int] = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2, Role.OWNER: 3}

# Not a membership: staff who look after the installation, and the platform's own background work.
# The row-level security policies let this value of `app.role` see every organisation.
OPERATOR = "operator"
