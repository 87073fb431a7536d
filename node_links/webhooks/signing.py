"""Signatures as Standard Webhooks describes them (standardwebhooks.com, specification 1.0).

What is signed is `id.timestamp.body`, by HMAC-SHA-256; a secret is written `whsec_<base64>`, and
the bytes behind the mark are the key.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

MARK = "whsec_"
KEY_BYTES = 32
MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64


def make_secret() -> str:
    """Return a new random secret."""
    return MARK + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """Return the key behind a secret.

    Raises:
        ValueError: it does not begin with `whsec_`, is no base64, or has not 24 to 64 bytes.
    """
    if not secret.startswith(MARK):
        raise ValueError(f"A secret begins with {MARK}.")
    try:
        key = base64.b64decode(secret.removeprefix(MARK), validate=True)
    except binascii.Error as error:
        raise ValueError(f"After {MARK} a secret is base64.") from error
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ValueError(f"A secret has {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes.")
    return key


def signature_headers(
    *, message_id: str, timestamp: int, body: bytes, signed_with: Iterable[str]
) -> dict[str, str]:
    """Return the headers by which a receiver checks who sent `body`, and when.

    Args:
        message_id: the same in every try, so that a receiver can drop what it has already.
        timestamp: seconds since 1970.
        signed_with: secrets; each gives one signature, so that a receiver may have either.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{_sign(key_of(secret), content)}" for secret in signed_with]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _sign(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
