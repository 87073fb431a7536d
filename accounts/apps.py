"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, organisations, memberships, access keys and tenancy."""

    name = "accounts"
    verbose_name = "Accounts"
