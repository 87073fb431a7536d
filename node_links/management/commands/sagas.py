"""`manage.py sagas [--status S] [--stuck] [--retry-compensation ID]`: look at sagas, and help."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.tenancy import system_scope
from config.exceptions import DomainError
from node_links.choices import SagaStatus, SagaStepStatus
from node_links.models import Saga
from node_links.sagas.compensating import retry_compensation
from node_links.sagas.definitions import UnknownSaga
from node_links.sagas.resuming import stuck_sagas
from node_links.sagas.running import run_saga

DEFAULT_LIMIT = 50


class Command(BaseCommand):
    """List sagas of all organisations, or compensate one again."""

    help = "List sagas, the newest first; or try the compensations of a failed one again, now."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the filters and the one act."""
        parser.add_argument("--status", choices=SagaStatus.values, help="only those in this state")
        parser.add_argument(
            "--stuck", action="store_true", help="only those that failed or that nobody takes over"
        )
        parser.add_argument("--organization", metavar="SLUG", help="only those of this one")
        parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help="at most so many")
        parser.add_argument(
            "--retry-compensation", metavar="ID", type=UUID, help="compensate this failed saga"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked for."""
        if options["retry_compensation"]:
            self._retry(options["retry_compensation"])
            return
        with system_scope():
            rows = stuck_sagas() if options["stuck"] else Saga.objects.all()
            if options["status"]:
                rows = rows.filter(status=options["status"])
            if options["organization"]:
                rows = rows.filter(organization__slug=options["organization"])
            rows = rows.select_related("organization").prefetch_related("steps")
            found = list(rows.order_by("-created_at", "-pk")[: options["limit"]])
            for saga in found:
                self._show(saga)
        self.stdout.write(f"{len(found)} sagas.")

    def _show(self, saga: Saga) -> None:
        when = saga.created_at.isoformat(timespec="seconds")
        self.stdout.write(f"{saga.pk} {when} {saga.organization.slug} {saga.name} {saga.status}")
        if saga.error:
            self.stdout.write(f"  {saga.error}")
        for step in sorted(saga.steps.all(), key=lambda step: step.position):
            if step.status == SagaStepStatus.COMPENSATION_FAILED:
                self.stdout.write(f"  {step.name} is not undone: {step.compensation_error}")

    def _retry(self, saga_id: UUID) -> None:
        try:
            retry_compensation(saga_id=saga_id, enqueue=False)
            outcome = run_saga(saga_id)
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        except UnknownSaga as error:
            raise CommandError(str(error)) from error
        if outcome is None:
            self.stdout.write("Another process compensates it already.")
            return
        with system_scope():
            self._show(outcome.saga)
        if outcome.saga.status == SagaStatus.FAILED:
            raise CommandError("Some of it could still not be undone.")
