"""Secrets that the platform must be able to read again, encrypted at rest.

Fernet (AES-128-CBC with HMAC-SHA-256, a random IV in each token): authenticated, and the same
secret encrypted twice differs. The first key encrypts, all of them decrypt, so that a new key is
put in front and the old one stays until nothing depends on it.

Keys are `NODELOOM_ENCRYPTION_KEYS`. Without any, one is derived from the secret key by HKDF
(RFC 5869); those of the secret key and its fallbacks are always there for reading, so that an
installation may begin without keys of its own and get some later.
"""

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from config.exceptions import InfrastructureException

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField

_PURPOSE = b"nodeloom secrets at rest"


class UnreadableSecret(InfrastructureException):
    """A stored secret was encrypted with a key that is not there any more, or was tampered with."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be decrypted with the keys of NODELOOM_ENCRYPTION_KEYS."
        )


def encrypt(secret: str) -> str:
    """Return the token under which `secret` may be stored."""
    return _cipher().encrypt(secret.encode()).decode()


def decrypt(token: str) -> str:
    """Return the secret behind `token`. Raises `UnreadableSecret`."""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret from error


def rotate(token: str) -> str:
    """Return the same secret encrypted with the first key. Raises `UnreadableSecret`."""
    try:
        return _cipher().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret from error


def is_current(token: str) -> bool:
    """Return whether `token` was encrypted with the first key, the one that encrypts now."""
    try:
        _ciphers_of(*_keys())[0].decrypt(token.encode())
    except InvalidToken:
        return False
    return True


class EncryptedTextField(_TextField):
    """A text that is plain in Python and a Fernet token in the database.

    It cannot be searched: two tokens of one secret differ. Only `isnull` looks at it.
    """

    description = "Encrypted text"

    def get_prep_value(self, value: Any) -> str | None:
        """Return the token to store."""
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, *_context: Any) -> str | None:
        """Return the secret. Raises `UnreadableSecret`."""
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Return the lookup `isnull`, and no other."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


def _cipher() -> MultiFernet:
    return MultiFernet(_ciphers_of(*_keys()))


def _keys() -> tuple[tuple[str, ...], tuple[str, ...]]:
    secret_keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return tuple(settings.ENCRYPTION_KEYS), tuple(map(str, secret_keys))


@lru_cache(maxsize=8)
def _ciphers_of(keys: tuple[str, ...], secret_keys: tuple[str, ...]) -> tuple[Fernet, ...]:
    """Return a cipher for each key, in the order in which they are tried."""
    try:
        own = [Fernet(key) for key in keys]
    except ValueError as error:
        raise ImproperlyConfigured(
            "Each of NODELOOM_ENCRYPTION_KEYS is 32 random bytes in URL-safe base64."
        ) from error
    return (*own, *(Fernet(_derive(key)) for key in secret_keys))


def _derive(secret_key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(kdf.derive(secret_key.encode()))
