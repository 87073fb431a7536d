"""Dialogues of runs: what they ask before something is done."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from config.admin.theme import BaseDialogForm
from node_links.admin.life_cycle import Options
from spindles.choices import ReplayMode, SnapshotStatus, StepStatus, WaitKind
from spindles.models import Execution, ExecutionSnapshot, ExecutionStep

_WHOLE = ("", "—")


class RunReasonForm(BaseDialogForm):
    """Why."""

    reason = forms.CharField(required=False, max_length=2000, widget=UnfoldAdminTextInputWidget())


class ResumeForm(BaseDialogForm):
    """From where, and what becomes of failed steps."""

    snapshot = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        widget=UnfoldAdminSelectWidget(),
        label="Go back to a snapshot first",
    )
    skip_failed_steps = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Skip failed steps instead of trying them again",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the snapshots of the run."""
        super().__init__(*args, **kwargs)
        rows = ExecutionSnapshot.objects.filter(
            execution=_run_id(self), status=SnapshotStatus.READY
        ).values_list("number", "percent", "created_at")
        self.fields["snapshot"].choices = [  # type: ignore[attr-defined]  # of the choice field
            _WHOLE,
            *((number, f"{number}: {percent:.0f} % done, {at:%d %b, %H:%M:%S}")
              for number, percent, at in rows.order_by("-number")),
        ]  # fmt: skip


class RetryForm(BaseDialogForm):
    """From which step on; everything before it is taken over."""

    from_step = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="Without one, everything that was not completed.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the steps of the run."""
        super().__init__(*args, **kwargs)
        _offer(self, "from_step", _steps(self), empty=True)


class ReplayForm(BaseDialogForm):
    """Which steps run again, and whether they act outside."""

    mode = forms.ChoiceField(choices=ReplayMode.choices, widget=UnfoldAdminSelectWidget())
    start_from_step = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="Only where it starts from a step.",
    )
    live = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        label="Act outside again",
        help_text="Otherwise the recording answers for steps that act outside.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the steps of the run."""
        super().__init__(*args, **kwargs)
        _offer(self, "start_from_step", _steps(self), empty=True)


class SkipForm(RunReasonForm):
    """Which pending step, and why."""

    step = forms.ChoiceField(widget=UnfoldAdminSelectWidget())
    field_order = ("step", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the steps that have not begun."""
        super().__init__(*args, **kwargs)
        _offer(self, "step", _steps(self).filter(status=StepStatus.PENDING))


class AnswerForm(BaseDialogForm):
    """Which task, and the answer: a decision, or the form filled in as JSON."""

    step = forms.ChoiceField(widget=UnfoldAdminSelectWidget(), label="Task")
    decision = forms.ChoiceField(
        required=False,
        choices=[_WHOLE, ("approve", "Approve"), ("reject", "Reject")],
        widget=UnfoldAdminSelectWidget(),
        help_text="For tasks that ask for a decision.",
    )
    comment = forms.CharField(required=False, max_length=2000, widget=UnfoldAdminTextInputWidget())
    output = forms.JSONField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="For tasks with a form: what was filled in, as JSON.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the tasks that are open."""
        super().__init__(*args, **kwargs)
        rows = waiting_for_people(_run_id(self)).values_list("step_id", "name", "wait")
        self.fields["step"].choices = [  # type: ignore[attr-defined]  # of the choice field
            (known, wait.get("title") or name) for known, name, wait in rows
        ]


def waiting_for_people(run_id: UUID) -> QuerySet[ExecutionStep]:
    """Return the steps of a run in which a person has to do something."""
    return ExecutionStep.objects.filter(
        execution=run_id, status=StepStatus.WAITING, wait_kind=WaitKind.PERSON
    )


def run_row(object_id: str | UUID) -> Execution:
    """Return the run of a page, as little of it as acts need."""
    return Execution.objects.only("organization_id", "status").get(pk=object_id)


def _run_id(form: BaseDialogForm) -> UUID:
    known: Any = form.object_id  # type: ignore[attr-defined]  # the theme's form has it
    return UUID(str(known))


def _steps(form: BaseDialogForm) -> QuerySet[ExecutionStep]:
    rows = ExecutionStep.objects.filter(execution=_run_id(form), internal=False, item_of=None)
    return rows.order_by("position")


def _offer(
    form: BaseDialogForm, field: str, rows: QuerySet[ExecutionStep], *, empty: bool = False
) -> None:
    found = rows.values_list("step_id", "name")
    choices: Options = [_WHOLE] if empty else []
    choices += [(known, name if name == known else f"{name} ({known})") for known, name in found]
    form.fields[field].choices = choices  # type: ignore[attr-defined]  # of the choice field
