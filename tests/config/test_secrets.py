"""Secrets at rest: unreadable without the key, readable while keys change."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from pytest_django.fixtures import Settings

from config.secrets import EncryptedTextField, UnreadableSecret, decrypt, encrypt, rotate
from node_links.models import Webhook

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_secret_comes_back_and_never_looks_the_same() -> None:
    first, second = encrypt("hunter2 ü"), encrypt("hunter2 ü")

    assert first != second
    assert "hunter2" not in first
    assert decrypt(first) == decrypt(second) == "hunter2 ü"


def test_the_first_key_encrypts_and_all_decrypt(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    token = encrypt("hunter2")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    moved = rotate(token)
    assert decrypt(token) == decrypt(moved) == "hunter2"

    settings.ENCRYPTION_KEYS = [NEW]

    assert decrypt(moved) == "hunter2"
    for refused in (decrypt, rotate):
        with pytest.raises(UnreadableSecret) as told:
            refused(token)
        assert "hunter2" not in str(told.value)


def test_without_keys_the_secret_key_and_its_fallbacks_serve(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS, settings.SECRET_KEY = [], "first"
    token = encrypt("hunter2")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second", ["first"]
    assert decrypt(token) == "hunter2"
    settings.ENCRYPTION_KEYS = [NEW]
    assert decrypt(token) == "hunter2"

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(UnreadableSecret):
        decrypt(token)


def test_what_was_tampered_with_is_unreadable() -> None:
    token = encrypt("hunter2")

    with pytest.raises(UnreadableSecret):
        decrypt(token[:-2] + ("AA" if token[-2:] != "AA" else "BB"))


def test_a_key_that_is_none_is_told(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["too short"]

    with pytest.raises(ImproperlyConfigured, match="NODELOOM_ENCRYPTION_KEYS"):
        encrypt("hunter2")


def test_an_encrypted_column_cannot_be_searched() -> None:
    with pytest.raises(FieldError):
        Webhook.objects.filter(secret="hunter2")

    assert "IS NULL" in str(Webhook.objects.filter(previous_secret__isnull=True).query)
    assert EncryptedTextField().from_db_value(None) is None
