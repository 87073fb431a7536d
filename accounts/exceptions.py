"""Refusals of the accounts app."""

from config.exceptions import Conflict, DomainError, Forbidden, RateLimited


class LastOwner(Conflict):
    """An organisation keeps at least one owner."""

    code = "last_owner"


class DuplicateMember(Conflict):
    """The person already belongs to the organisation."""

    code = "duplicate"


class DuplicateSlug(Conflict):
    """Another organisation has this slug."""

    code = "duplicate"


class InsufficientScope(Forbidden):
    """The access key's scopes do not reach this far."""

    code = "insufficient_scope"


class InvalidCredentials(DomainError):
    """E-mail address and password do not belong together; which of the two is not said."""

    status = 401
    code = "invalid_credentials"


class LockedOut(RateLimited):
    """Too many failed sign-ins for this account from this address."""

    code = "locked_out"
