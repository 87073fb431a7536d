"""The life cycle of a spindle.

           publish                            versions {bump}
draft ───────────────► active ◄───► inactive ───────────────► draft (the live version keeps its
                         │  ▲          ▲                             own state meanwhile)
                         ▼  └─ error ──┘
                     deprecated                archived: from anywhere, for good
"""

from config.exceptions import InvalidTransition
from spindles.choices import SpindleStatus
from spindles.models import Spindle

PUBLISHED = (
    SpindleStatus.ACTIVE,
    SpindleStatus.INACTIVE,
    SpindleStatus.ERROR,
    SpindleStatus.DEPRECATED,
)
"""What the working copy is while no draft is open."""

MAY_ACTIVATE = (SpindleStatus.INACTIVE, SpindleStatus.ERROR)
MAY_DEACTIVATE = (SpindleStatus.ACTIVE, SpindleStatus.ERROR)
MAY_DEPRECATE = (SpindleStatus.ACTIVE, SpindleStatus.INACTIVE, SpindleStatus.ERROR)
"""The states of the live version from which each is possible."""

_NEXT: dict[str, tuple[SpindleStatus, ...]] = {
    SpindleStatus.DRAFT: (SpindleStatus.ACTIVE, SpindleStatus.ARCHIVED),
    SpindleStatus.ACTIVE: (
        SpindleStatus.DRAFT,
        SpindleStatus.INACTIVE,
        SpindleStatus.DEPRECATED,
        SpindleStatus.ARCHIVED,
    ),
    SpindleStatus.INACTIVE: (
        SpindleStatus.DRAFT,
        SpindleStatus.ACTIVE,
        SpindleStatus.DEPRECATED,
        SpindleStatus.ARCHIVED,
    ),
    SpindleStatus.ERROR: (
        SpindleStatus.DRAFT,
        SpindleStatus.ACTIVE,
        SpindleStatus.INACTIVE,
        SpindleStatus.DEPRECATED,
        SpindleStatus.ARCHIVED,
    ),
    SpindleStatus.DEPRECATED: (SpindleStatus.DRAFT, SpindleStatus.ARCHIVED),
    SpindleStatus.ARCHIVED: (),
}


def allowed_after(status: str) -> list[str]:
    """Return the states that may follow one."""
    return [following.value for following in _NEXT[status]]


def require_status(spindle: Spindle, *statuses: SpindleStatus) -> None:
    """Raise `InvalidTransition` unless the working copy is in one of `statuses`."""
    if spindle.status not in statuses:
        raise InvalidTransition(spindle.status, allowed=allowed_after(spindle.status))


def require_draft(spindle: Spindle) -> None:
    """Raise `InvalidTransition` unless a draft is open."""
    if spindle.status != SpindleStatus.DRAFT:
        raise InvalidTransition(
            spindle.status, allowed=allowed_after(spindle.status), detail="No draft is open."
        )


def require_live(spindle: Spindle, *statuses: SpindleStatus) -> None:
    """Raise `InvalidTransition` unless the live version is in one of `statuses`.

    Nothing is live of what was never published, or is archived.
    """
    if spindle.status == SpindleStatus.ARCHIVED or spindle.live_status is None:
        raise InvalidTransition(spindle.status, detail="No version is live.")
    if spindle.live_status not in statuses:
        raise InvalidTransition(spindle.live_status, allowed=allowed_after(spindle.live_status))
