"""Which runs, steps and lines of the log a list holds, and in which order."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django_filters.rest_framework.filters import (
    CharFilter,
    ChoiceFilter,
    IsoDateTimeFilter,
    MultipleChoiceFilter,
    UUIDFilter,
)

from accounts.actors import Actor
from config.api.errors import ParameterError
from config.api.filters import BooleanFilter, FilterSet, WholeNumberFilter
from config.api.pagination import CursorPagination
from node_links.choices import FeatureType
from spindles.choices import Environment, ExecutionStatus, LogLevel, StepStatus, TriggerKind
from spindles.models import Execution, ExecutionLog

ME = "me"


class ExecutionFilters(FilterSet):
    """`?source=`, `?spindle=`, `?feature=`, `?status=`, `?environment=`, `?trigger=`, who, when.

    `source` is the id of what ran; `spindle` the id or slug of one; `status` may be given more
    than once; `started_by` is a user's id or `me`; `parent` the run that started it; `root=true`
    leaves out runs that another one started.
    """

    source = UUIDFilter(field_name="source_id")
    spindle = CharFilter(method="of_spindle", help_text="Id or slug of a spindle.")
    feature = ChoiceFilter(field_name="source_feature", choices=FeatureType.choices)
    version = CharFilter(field_name="source_version")
    status = MultipleChoiceFilter(choices=ExecutionStatus.choices, distinct=False)
    environment = ChoiceFilter(choices=Environment.choices)
    trigger = ChoiceFilter(field_name="trigger_kind", choices=TriggerKind.choices)
    started_by = CharFilter(method="of_person", help_text="Id of a user, or `me`.")
    parent = UUIDFilter(field_name="parent_id")
    root = BooleanFilter(field_name="parent_id", lookup_expr="isnull")
    correlation_id = CharFilter()
    # Python keeps the first name for itself.
    locals()["from"] = IsoDateTimeFilter(
        field_name="created_at", lookup_expr="gte", label="Asked for at or after."
    )
    to = IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", label="Before.")

    class Meta:
        model = Execution
        fields = ()

    def of_spindle(self, rows: QuerySet[Execution], name: str, value: str) -> QuerySet[Execution]:
        """Keep the runs of the spindle with this id or slug."""
        rows = rows.filter(source_feature=FeatureType.SPINDLE)
        known = _uuid(value)
        return rows.filter(source_slug=value) if known is None else rows.filter(source_id=known)

    def of_person(self, rows: QuerySet[Execution], name: str, value: str) -> QuerySet[Execution]:
        """Keep the runs that this person started."""
        if value == ME:
            actor: Any = self.request.auth if self.request is not None else None
            own = actor.user_id if isinstance(actor, Actor) else None
            return rows.filter(started_by_id=own)
        known = _uuid(value)
        if known is None:
            raise ParameterError.of(name, "invalid", "Enter a valid UUID, or `me`.")
        return rows.filter(started_by_id=known)


class StepFilters(FilterSet):
    """`?status=` (more than once), `?kind=`, `?item_of=`: the items of this map instead."""

    status = MultipleChoiceFilter(choices=StepStatus.choices, distinct=False)
    kind = CharFilter()


class LogFilters(FilterSet):
    """`?level=` (more than once), `?step_id=` with its items, `?attempt=`, and when."""

    level = MultipleChoiceFilter(choices=LogLevel.choices, distinct=False)
    step_id = CharFilter(method="of_step", help_text="A step; of a map its items as well.")
    attempt = WholeNumberFilter(method="of_attempt", min_value=1, label="Number of a try.")
    locals()["from"] = IsoDateTimeFilter(field_name="at", lookup_expr="gte", label="At or after.")
    to = IsoDateTimeFilter(field_name="at", lookup_expr="lt", label="Before.")

    class Meta:
        model = ExecutionLog
        fields = ()

    def of_step(
        self, rows: QuerySet[ExecutionLog], name: str, value: str
    ) -> QuerySet[ExecutionLog]:
        """Keep what a step said, or an item of it."""
        return rows.filter(Q(step_id=value) | Q(step_id__startswith=f"{value}["))

    def of_attempt(
        self, rows: QuerySet[ExecutionLog], name: str, value: int
    ) -> QuerySet[ExecutionLog]:
        """Keep what was said in this try."""
        return rows.filter(attempt=value)


class LogPagination(CursorPagination):
    """In the order of writing: the last page's cursor is where a reader goes on."""

    ordering = "id"
    page_size = 100


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
