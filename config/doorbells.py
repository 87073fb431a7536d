"""Waking a task that looks through a table: once for many writes."""

from dataclasses import dataclass

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config import valkey

_SAFETY_SECONDS = 30

broker_outage = valkey.Outage()
"""What this process knows of the broker being away: while it is paused nobody tries to ring."""


@dataclass(frozen=True, slots=True)
class Doorbell:
    """Asks for a run of `task`, named in full because tasks stand above what they call.

    A doorbell that cannot be rung is no error: the row is the truth, and the sweep looks again.
    Neither may it cost anything: after a failure nobody tries for a while.
    """

    name: str
    task: str

    def ring(self, countdown: float = 0) -> None:
        """Ask for a run in `countdown` seconds, unless one is asked for already."""
        lifetime = round((countdown + _SAFETY_SECONDS) * 1000)
        if broker_outage.paused or not valkey.ask(
            lambda client: bool(client.set(self._key, 1, nx=True, px=lifetime)), otherwise=False
        ):
            return
        try:
            current_app.send_task(self.task, countdown=countdown, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            # However the broker failed: whoever comes next shall not wait for it.
            broker_outage.note(ConnectionError(f"The broker cannot be reached: {error}"))
            self.answer()

    def answer(self) -> None:
        """Let the next write ring again: the run that begins now will not see it for certain."""
        valkey.ask(lambda client: client.delete(self._key), otherwise=0)

    @property
    def _key(self) -> str:
        return f"nodeloom:doorbell:{self.name}"
