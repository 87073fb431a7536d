"""Short names of spindles: unique among the living ones of an organisation, for good."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from config.exceptions import Conflict
from spindles.definitions import limits
from spindles.models import Spindle


def slug_of(name: str) -> str:
    """Return a slug made of a name; `spindle` where no letter or digit of it can be written."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")
    return slug[: limits.MAX_SLUG].strip("-_") or "spindle"


@contextmanager
def unique_slug(spindle: Spindle) -> Iterator[None]:
    """Raise `Conflict` (`duplicate`) where saving in the block fails because of a slug taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "spindles_slug" not in str(error):
            raise
        message = f"There is a spindle called {spindle.slug} already."
        raise Conflict(message, code="duplicate") from error
