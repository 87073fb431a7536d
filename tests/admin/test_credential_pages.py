"""Operators see which credentials there are, and never a secret."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tenancy import scope
from spindles.services.credentials import create_credential
from tests.admin.conftest import World

LIST = reverse("admin:spindles_credential_changelist")


@pytest.mark.django_db
def test_the_pages_show_everything_but_the_secret(page: Client, world: World) -> None:
    actor = world.cast.admin.actor
    with scope(actor):
        made = create_credential(
            actor=actor, name="billing", kind="bearer", secret="t0ken", hosts=["api.example.com"]
        )
        other = create_credential(actor=actor, name="anywhere", kind="bearer", secret="t0ken")

    listed = page.get(LIST).content.decode()
    shown = page.get(reverse("admin:spindles_credential_change", args=[made.pk])).content.decode()

    assert "billing" in listed and "anywhere" in listed and "api.example.com" in shown
    assert "t0ken" not in listed and "t0ken" not in shown
    assert other.secret not in listed
    assert page.get(reverse("admin:spindles_credential_add")).status_code == 403
