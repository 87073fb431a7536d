"""People, organisations and their keys, for operators."""

from accounts.admin import access_keys, lockouts, memberships, organizations, overview, users

__all__ = ["access_keys", "lockouts", "memberships", "organizations", "overview", "users"]
