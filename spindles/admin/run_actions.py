"""What operators do to runs: to one in a dialogue, to many from the list."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.enums import ActionVariant

from accounts.actors import Actor
from accounts.admin.operators import Write, write_each, write_one
from config.admin.acting import chosen_values
from config.admin.base import ReadOnlyAdmin
from config.admin.display import admin_link
from config.admin.theme import BaseDialogForm, action
from node_links.admin.dialogues import dialogue
from spindles.admin.run_forms import (
    AnswerForm,
    ReplayForm,
    ResumeForm,
    RetryForm,
    RunReasonForm,
    SkipForm,
    run_row,
    waiting_for_people,
)
from spindles.choices import OPEN, ExecutionStatus
from spindles.models import Execution
from spindles.services.control import cancel_execution, pause_execution, resume_execution
from spindles.services.human_tasks import complete_task
from spindles.services.replaying import replay_execution
from spindles.services.retrying import retry_execution
from spindles.services.skipping import skip_step

_PENDING, _RUNNING, _PAUSED = OPEN
_ENDED = (ExecutionStatus.COMPLETED, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED)


class ExecutionActions(ReadOnlyAdmin):
    """Actions of the pages of runs; every one goes through the services, run by run."""

    actions = ("cancel_selected", "resume_selected", "retry_selected")
    actions_detail = (
        "answer",
        "resume",
        "pause",
        "retry",
        "cancel",
        {"title": "More", "icon": "more_horiz", "items": ["replay", "skip"]},
    )

    @action(description="Cancel", permissions=["control"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Execution]) -> None:
        """End each of them now."""
        write_each(request, queryset, "Cancelled", lambda a, pk: cancel_execution(actor=a, pk=pk))

    @action(description="Resume", permissions=["control"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[Execution]) -> None:
        """Let each paused or failed one go on."""
        write_each(request, queryset, "Resumed", lambda a, pk: resume_execution(actor=a, pk=pk))

    @action(description="Retry as new runs", permissions=["control"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Execution]) -> None:
        """Start each again with what it has not completed."""
        write_each(
            request, queryset, "Started again", lambda a, pk: retry_execution(actor=a, pk=pk)
        )

    @dialogue(
        "Answer",
        icon="task_alt",
        permission="answer_it",
        title="Answer a task",
        told="In place of the person who was asked; the answer tells your name.",
        form_class=AnswerForm,
        variant=ActionVariant.PRIMARY,
    )
    def answer(self, request: HttpRequest, form: AnswerForm, object_id: str) -> HttpResponse:
        """Answer a task for the person who was asked."""
        given = form.cleaned_data
        answer: dict[str, Any] = {"decision": given["decision"] or None}
        if given["output"] is not None:
            answer["output"] = given["output"]
        return self._act(
            request, object_id, "Answered.",
            lambda a, pk: complete_task(
                actor=a, pk=pk, step_id=given["step"], comment=given["comment"], **answer
            ),
        )  # fmt: skip

    @dialogue(
        "Resume",
        icon="play_arrow",
        permission="resume_it",
        title="Let the run go on",
        told="The same run: what is completed stays, failed steps are tried again.",
        form_class=ResumeForm,
        variant=ActionVariant.PRIMARY,
    )
    def resume(self, request: HttpRequest, form: ResumeForm, object_id: str) -> HttpResponse:
        """Let it go on."""
        values = chosen_values(form)
        return self._act(
            request, object_id, "It goes on.",
            lambda a, pk: resume_execution(actor=a, pk=pk, **values),
        )  # fmt: skip

    @dialogue(
        "Pause",
        icon="pause",
        permission="pause_it",
        title="Let the run hold still",
        told="No further step starts; what is at work finishes, and its result is kept.",
    )
    def pause(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Let it hold still."""
        return self._act(
            request, object_id, "Paused.", lambda a, pk: pause_execution(actor=a, pk=pk)
        )

    @dialogue(
        "Retry",
        icon="replay",
        permission="again_it",
        title="Start it again as a new run",
        told="What was completed before is taken over; this run stays as it is.",
        submit="Start",
        form_class=RetryForm,
    )
    def retry(self, request: HttpRequest, form: RetryForm, object_id: str) -> HttpResponse:
        """Start it again as a new run."""
        step = form.cleaned_data["from_step"] or None

        def write(actor: Actor, pk: UUID) -> None:
            _link(request, retry_execution(actor=actor, pk=pk, from_step=step))

        return self._act(request, object_id, "Started again.", write)

    @dialogue(
        "Cancel",
        icon="cancel",
        permission="cancel_it",
        title="Cancel the run",
        told="For good, now: what is at work is stopped, with the runs it started.",
        submit="Cancel the run",
        form_class=RunReasonForm,
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, form: RunReasonForm, object_id: str) -> HttpResponse:
        """End it now."""
        reason = form.cleaned_data["reason"]
        return self._act(
            request, object_id, "Cancelled.",
            lambda a, pk: cancel_execution(actor=a, pk=pk, reason=reason),
        )  # fmt: skip

    @dialogue(
        "Replay",
        icon="compare_arrows",
        permission="again_it",
        title="Replay the run for comparison",
        told="A new run that says where it comes out differently.",
        form_class=ReplayForm,
    )
    def replay(self, request: HttpRequest, form: ReplayForm, object_id: str) -> HttpResponse:
        """Run it again for comparison."""
        values = chosen_values(form)
        values["start_from_step"] = values["start_from_step"] or None

        def write(actor: Actor, pk: UUID) -> None:
            _link(request, replay_execution(actor=actor, pk=pk, **values))

        return self._act(request, object_id, "The replay was started.", write)

    @dialogue(
        "Skip a step",
        icon="skip_next",
        permission="cancel_it",
        title="Skip a step that has not begun",
        told="What depends on it runs as though it had nothing to say.",
        submit="Skip",
        form_class=SkipForm,
    )
    def skip(self, request: HttpRequest, form: SkipForm, object_id: str) -> HttpResponse:
        """Let a step be."""
        step, reason = form.cleaned_data["step"], form.cleaned_data["reason"]
        return self._act(
            request, object_id, "Skipped.",
            lambda a, pk: skip_step(actor=a, pk=pk, step_id=step, reason=reason),
        )  # fmt: skip

    def has_control_permission(self, request: HttpRequest) -> bool:
        """Acting upon a run is a change of it, though no field of it is edited."""
        return request.user.has_perm("spindles.change_execution")

    def has_pause_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Pause what goes on."""
        return self._stands(request, object_id, _PENDING, _RUNNING)

    def has_resume_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Resume what holds still or has failed."""
        return self._stands(request, object_id, _PAUSED, ExecutionStatus.FAILED)

    def has_cancel_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Cancel what is open."""
        return self._stands(request, object_id, *OPEN)

    def has_again_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Run again what has ended."""
        return self._stands(request, object_id, *_ENDED)

    def has_answer_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Answer where somebody was asked."""
        open_ = self._stands(request, object_id, *OPEN)
        return open_ and waiting_for_people(UUID(object_id)).exists()

    def _stands(self, request: HttpRequest, object_id: str, *statuses: str) -> bool:
        """Return whether the run of this page stands in one of `statuses`; it is read once."""
        seen: dict[str, str] = request.__dict__.setdefault("_runs_seen", {})
        if object_id not in seen:
            try:
                seen[object_id] = run_row(object_id).status
            except (ObjectDoesNotExist, ValidationError):
                seen[object_id] = ""
        return seen[object_id] in statuses and self.has_control_permission(request)

    def _act(self, request: HttpRequest, object_id: str, done: str, write: Write) -> HttpResponse:
        return write_one(request, run_row(object_id), done, write)


def _link(request: HttpRequest, run: Execution) -> None:
    messages.info(request, admin_link(Execution, run.pk, f"Open {run}"))
