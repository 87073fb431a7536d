"""Sending tasks whose truth is a row, and waking one that looks through a table."""

from dataclasses import dataclass

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config import valkey

_SAFETY_SECONDS = 30

broker_outage = valkey.Outage()
"""What this process knows of the broker being away: while it is paused nobody tries to ring."""


def send(task: str, *args: object, countdown: float | None = None) -> bool:
    """Send a task by its name, `countdown` seconds from now; return whether the broker took it.

    A broker that is away is no error: the rows are the truth, and the sweeps find what is due.
    Neither may it cost anything: after a failure nobody tries for a while.
    """
    if broker_outage.paused:
        return False
    try:
        current_app.send_task(task, args=[str(arg) for arg in args], countdown=countdown,
                              retry=False)  # fmt: skip
    except (OperationalError, RedisError, OSError) as error:
        # However the broker failed: whoever comes next shall not wait for it.
        broker_outage.note(ConnectionError(f"The broker cannot be reached: {error}"))
        return False
    return True


@dataclass(frozen=True, slots=True)
class Doorbell:
    """Asks for a run of `task`, named in full because tasks stand above what they call.

    A doorbell that cannot be rung is no error, as with `send`.
    """

    name: str
    task: str

    def ring(self, countdown: float = 0) -> None:
        """Ask for a run in `countdown` seconds, unless one is asked for already."""
        lifetime = round((countdown + _SAFETY_SECONDS) * 1000)
        asked = not broker_outage.paused and valkey.ask(
            lambda client: bool(client.set(self._key, 1, nx=True, px=lifetime)), otherwise=False
        )
        if asked and not send(self.task, countdown=countdown):
            self.answer()

    def answer(self) -> None:
        """Let the next write ring again: the run that begins now will not see it for certain."""
        valkey.ask(lambda client: client.delete(self._key), otherwise=0)

    @property
    def _key(self) -> str:
        return f"nodeloom:doorbell:{self.name}"
