"""Stored secrets move to the first key, so that earlier ones can be let go."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.choices import Role
from accounts.tenancy import scope, system_scope
from config.secrets import is_current
from node_links.models import AuditLog, Webhook
from node_links.services.key_rotation import encrypted_fields, encrypted_models, rotate_secrets
from node_links.webhooks.services import create_webhook, rotate_secret
from tests.factories import Person, make_person

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def person() -> Person:
    """Return an administrator."""
    return make_person(Role.ADMIN)


def tokens() -> list[str]:
    """Return all secrets as they are stored, those that are there."""
    with system_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT secret, previous_secret FROM webhooks ORDER BY webhook_id")
        return [token for row in cursor.fetchall() for token in row if token is not None]


def make_webhooks(person: Person, count: int) -> list[str]:
    """Return the secrets of new webhooks; that of the first has been rotated once."""
    with scope(person.actor):
        made = [
            create_webhook(actor=person.actor, url="https://example.com/", types=["*"])
            for _ in range(count)
        ]
        _, second = rotate_secret(actor=person.actor, pk=made[0][0].pk)
    return [second, made[0][1], *(secret for _, secret in made[1:])]


def rotate(*arguments: str) -> str:
    """Run the command; return what it says."""
    out = StringIO()
    call_command("rotate_keys", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_all_secrets_are_readable_without_the_old_key_afterwards(
    person: Person, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    secrets = make_webhooks(person, 3)
    before = tokens()
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    assert "4 secrets would be encrypted with the first key." in rotate("--dry-run")
    assert tokens() == before
    assert "4 secrets are encrypted with the first key." in rotate()

    assert set(tokens()).isdisjoint(before)
    settings.ENCRYPTION_KEYS = [NEW]
    assert all(is_current(token) for token in tokens())
    with system_scope():
        stored = Webhook.objects.order_by("pk").values_list("secret", "previous_secret")
        assert [secret for row in stored for secret in row if secret] == secrets
        row = AuditLog.objects.filter(event_type="SecretsReencrypted").order_by("pk")[0]
    assert row.event_data == {"action": "rotate_keys"}
    assert row.changed_fields == ["previous_secret", "secret"]
    assert row.new_data is not None
    assert row.new_data["secret"] == "[redacted]"


def test_an_interrupted_run_goes_on_and_touches_nothing_twice(
    person: Person, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    make_webhooks(person, 5)
    settings.ENCRYPTION_KEYS = [NEW, OLD]

    first = next(rotate_secrets(Webhook, batch=2))

    assert (first.rows, first.moved) == (2, 3)
    moved = [token for token in tokens() if is_current(token)]
    assert len(moved) == 3
    again = list(rotate_secrets(Webhook, batch=2))
    assert [(step.rows, step.moved) for step in again] == [(2, 0), (2, 2), (1, 1)]
    assert set(moved) <= set(tokens())
    settled = tokens()
    assert "0 secrets are encrypted" in rotate()
    assert tokens() == settled


def test_a_secret_that_no_key_opens_is_named_and_left_alone(
    person: Person, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with scope(person.actor):
        lost, _ = create_webhook(actor=person.actor, url="https://example.com/", types=["*"])
    settings.ENCRYPTION_KEYS = [OLD]
    make_webhooks(person, 1)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    before = tokens()
    out = StringIO()

    with pytest.raises(CommandError, match="1 secrets cannot be read"):
        call_command("rotate_keys", stdout=out, stderr=out)

    assert f"No key opens webhooks.secret of {lost.pk}." in out.getvalue()
    assert tokens()[0] == before[0]
    assert [is_current(token) for token in tokens()] == [False, True, True]


def test_without_keys_of_its_own_an_installation_moves_to_its_first_one(
    person: Person, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = []
    make_webhooks(person, 1)
    assert all(is_current(token) for token in tokens())
    settings.ENCRYPTION_KEYS = [NEW]

    assert not any(is_current(token) for token in tokens())
    rotate()

    assert all(is_current(token) for token in tokens())


def test_every_encrypted_column_is_found() -> None:
    found = {model._meta.db_table: encrypted_fields(model) for model in encrypted_models()}

    assert found["webhooks"] == ["secret", "previous_secret"]
