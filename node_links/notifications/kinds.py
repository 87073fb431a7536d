"""The kinds of notices: of which events people are told, who is told, in which words.

An app declares its kinds in its `notices.py`:

    declare_kind(Kind("model_published", "Something was published", ("SopPublished",), to, words))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from node_links.choices import NotificationChannel
from node_links.events.envelope import Event

BOTH = (NotificationChannel.IN_APP, NotificationChannel.EMAIL)


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says. Never inputs or outputs of a run: mail travels far.

    `title` is one line, `body` plain text, `path` the address of the thing below the
    installation's public address (`/api/v1/sops/…/`).
    """

    title: str
    body: str
    path: str


def everything(event: Event) -> bool:
    """Tell of every event."""
    return True


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice.

    - `recipients(event)`: ids of users; those who left or are disabled are taken out by the sender;
    - `words(event)`: what is said;
    - `concerns(event)`: whether there is anything to tell at all;
    - `template`: name of the pair in `templates/emails/`;
    - `channels`: those that are on for who has chosen nothing;
    - `tells_actor`: tell also the person whose act it was, as of runs that somebody started;
    - `gathered`: repeated notices about one entity within this time become one mail.
    """

    name: str
    label: str
    event_types: tuple[str, ...]
    recipients: Callable[[Event], Iterable[UUID]]
    words: Callable[[Event], Words]
    concerns: Callable[[Event], bool] = everything
    template: str = "generic"
    channels: tuple[NotificationChannel, ...] = BOTH
    tells_actor: bool = False
    gathered: timedelta | None = None


class KindRegistry:
    """The kinds of this installation; every process has the same ones."""

    def __init__(self) -> None:
        """Start empty."""
        self._kinds: dict[str, Kind] = {}

    def declare(self, kind: Kind) -> None:
        """Add a kind; twice the same name is a programming error (`ValueError`)."""
        if kind.name in self._kinds:
            raise ValueError(f"There is a kind of notice named {kind.name} already.")
        self._kinds[kind.name] = kind

    def get(self, name: str) -> Kind | None:
        """Return the kind of this name, if there is one."""
        return self._kinds.get(name)

    def all(self) -> list[Kind]:
        """Return all kinds, by name."""
        return [self._kinds[name] for name in sorted(self._kinds)]

    def of_event(self, event_type: str) -> list[Kind]:
        """Return the kinds that tell of this type of event."""
        return [kind for kind in self.all() if event_type in kind.event_types]

    def event_types(self) -> tuple[str, ...]:
        """Return the types of events that anybody is told of."""
        return tuple(sorted({name for kind in self.all() for name in kind.event_types}))


kinds = KindRegistry()
declare_kind = kinds.declare
