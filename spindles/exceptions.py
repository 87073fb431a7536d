"""What spindles refuse beside what every feature does."""

from typing import ClassVar

from config.exceptions import DomainError


class HookRefused(DomainError):
    """Who posted to an inbound webhook did not prove who they are."""

    status = 401
    code = "authentication_failed"
    default_detail: ClassVar[str] = "The signature or the token is missing, wrong or too old."
