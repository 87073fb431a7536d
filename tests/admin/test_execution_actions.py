"""What operators do to runs: each act goes through its service, and refusals are told."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from spindles.models import Execution, ExecutionSnapshot, ExecutionStep
from tests.admin.conftest import World
from tests.factories import UserFactory
from tests.spindles.stored import make_run

LIST = "admin:spindles_execution_changelist"
WAITING = {"fetch": "completed", "score": "waiting", "tell": "pending"}
FAILED = {"fetch": "completed", "score": "failed", "tell": "skipped"}
pytestmark = pytest.mark.django_db


def address(run: Execution, act: str) -> str:
    return reverse(f"admin:spindles_execution_{act}", args=[run.pk])


def dialogue(page: Client, run: Execution, act: str, **fields: str) -> Any:
    return page.post(address(run, act), {"_form_submitted": "True", **fields})


def told(page: Client, run: Execution) -> str:
    """Return the page that a dialogue leads to, with what it says of the act."""
    return page.get(reverse("admin:spindles_execution_change", args=[run.pk])).content.decode()


def fresh(run: Execution) -> Execution:
    with system_scope():
        return Execution.objects.get(pk=run.pk)


def step(run: Execution, step_id: str) -> ExecutionStep:
    with system_scope():
        return ExecutionStep.objects.get(execution=run, step_id=step_id)


def asked(world: World, **wait: Any) -> Execution:
    """Return a run that waits for a decision, or for what `wait` says."""
    run = make_run(world.cast.owner, statuses=WAITING, status="running")
    with scope(world.cast.owner.actor):
        ExecutionStep.objects.filter(execution=run, step_id="score").update(
            wait={"title": "Is it severe?", "mode": "approve", "schema": {}, "assignees": [],
                  "on_reject": "fail", **wait}
        )  # fmt: skip
    return run


def test_a_run_is_cancelled_with_the_reason(page: Client, world: World) -> None:
    run = make_run(world.cast.owner, statuses=WAITING, status="running")

    answer = dialogue(page, run, "cancel", reason="It was a drill.")

    assert answer["HX-Redirect"] == reverse("admin:spindles_execution_change", args=[run.pk])
    assert (fresh(run).status, fresh(run).status_reason) == ("cancelled", "It was a drill.")
    assert step(run, "tell").status == "cancelled"
    assert "Cancelled." in told(page, run)


def test_a_run_is_paused_and_goes_on(page: Client, world: World) -> None:
    run = make_run(world.cast.owner, statuses=WAITING, status="running")

    dialogue(page, run, "pause")
    assert fresh(run).status == "paused"
    dialogue(page, run, "resume")

    assert fresh(run).status == "running"


def test_a_failed_run_goes_on_without_the_failed_steps(page: Client, world: World) -> None:
    run = make_run(world.cast.owner, statuses=FAILED, status="failed")
    with scope(world.cast.owner.actor):
        ExecutionStep.objects.filter(execution=run, step_id="tell").update(
            reason="dependency_failed"
        )

    dialogue(page, run, "resume", skip_failed_steps="on")

    assert fresh(run).status == "running"
    assert (step(run, "score").status, step(run, "score").reason) == ("skipped", "manual")
    assert step(run, "tell").status == "pending"


def test_snapshots_are_offered_to_go_back_to(page: Client, world: World) -> None:
    run = make_run(world.cast.owner, statuses=FAILED, status="failed")
    with scope(world.cast.owner.actor):
        ExecutionSnapshot.objects.create(
            organization=world.cast.organization, execution=run, number=4, percent=66, content={}
        )

    text = page.get(address(run, "resume")).content.decode()

    assert "4: 66 % done" in text
    assert dialogue(page, run, "resume", snapshot="9").status_code == 200
    assert fresh(run).status == "failed"


def test_a_run_is_started_again_from_a_step(page: Client, world: World) -> None:
    run = make_run(world.cast.owner)

    dialogue(page, run, "retry", from_step="score")

    with system_scope():
        again = Execution.objects.exclude(pk=run.pk).get()
    assert again.retry_of_id == run.pk
    assert step(again, "fetch").status == "completed"
    assert step(again, "score").status == "pending"
    assert reverse("admin:spindles_execution_change", args=[again.pk]) in told(page, run)
    assert "taken over" in told(page, again)


def test_a_run_is_replayed(page: Client, world: World) -> None:
    run = make_run(world.cast.owner, statuses=FAILED, status="failed")

    dialogue(page, run, "replay", mode="failed_only", start_from_step="")

    with system_scope():
        replay = Execution.objects.exclude(pk=run.pk).get()
    assert (replay.replay_of_id, replay.replay_mode, replay.replay_live) == (
        run.pk, "failed_only", False,
    )  # fmt: skip


def test_a_pending_step_is_skipped_and_others_are_not_offered(page: Client, world: World) -> None:
    run = make_run(world.cast.owner, statuses=WAITING, status="running")

    offered = page.get(address(run, "skip")).content.decode()
    dialogue(page, run, "skip", step="tell", reason="Nobody reads it.")

    assert "Tell (tell)" in offered
    assert "Fetch (fetch)" not in offered
    assert (step(run, "tell").status, step(run, "tell").note) == ("skipped", "Nobody reads it.")
    assert dialogue(page, run, "skip", step="fetch").status_code == 200
    assert step(run, "fetch").status == "completed"


def test_a_task_is_answered_in_place_of_the_person(page: Client, world: World) -> None:
    run = asked(world)
    assert "Is it severe?" in page.get(address(run, "answer")).content.decode()

    dialogue(page, run, "answer", step="score", decision="approve", comment="Yes.")

    done = step(run, "score")
    assert done.status == "completed"
    assert done.output is not None
    assert (done.output["decision"], done.output["comment"]) == ("approve", "Yes.")


def test_a_form_is_filled_in_as_json_and_checked(page: Client, world: World) -> None:
    schema = {"type": "object", "required": ["level"], "properties": {"level": {"type": "integer"}}}
    run = asked(world, mode="form", schema=schema)

    dialogue(page, run, "answer", step="score", output='{"level": "high"}')
    assert step(run, "score").status == "waiting"
    dialogue(page, run, "answer", step="score", output='{"level": 3}')

    assert step(run, "score").output == {"level": 3}


def test_a_refusal_is_told_and_changes_nothing(page: Client, world: World) -> None:
    run = make_run(world.cast.owner)

    dialogue(page, run, "retry", from_step="")

    assert "Nothing of it is left to be done." in told(page, run)
    with system_scope():
        assert Execution.objects.count() == 1


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("pending", {"pause", "cancel", "skip"}),
        ("running", {"pause", "cancel", "skip"}),
        ("paused", {"resume", "cancel", "skip"}),
        ("failed", {"resume", "retry", "replay"}),
        ("completed", {"retry", "replay"}),
        ("cancelled", {"retry", "replay"}),
    ],
)
def test_only_what_its_state_allows_is_offered(
    page: Client, world: World, status: str, allowed: set[str]
) -> None:
    run = make_run(world.cast.owner, status=status)
    acts = ("answer", "pause", "resume", "cancel", "skip", "retry", "replay")

    assert {act for act in acts if page.get(address(run, act)).status_code == 200} == allowed
    text = told(page, run)
    assert {act for act in acts if address(run, act) in text} == allowed


def test_who_may_only_look_does_nothing(world: World) -> None:
    looker = UserFactory.create(email="looker@example.com", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_execution"))
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    run = asked(world)

    assert client.get(reverse("admin:spindles_execution_change", args=[run.pk])).status_code == 200
    for act in ("answer", "pause", "cancel", "skip"):
        assert dialogue(client, run, act).status_code == 403
    client.post(reverse(LIST), {"action": "cancel_selected", "_selected_action": [str(run.pk)]})
    assert fresh(run).status == "running"


def test_many_runs_are_acted_upon_each_for_itself(page: Client, world: World) -> None:
    now = timezone.now()
    open_ = make_run(world.cast.owner, statuses=WAITING, status="running", created_at=now)
    ended = make_run(world.cast.stranger, created_at=now)
    data = {"action": "cancel_selected", "_selected_action": [str(open_.pk), str(ended.pk)]}

    text = page.post(reverse(LIST), data, follow=True).content.decode()

    assert "Cancelled: 1." in text
    assert "Answer an incident 1.2.0:" in text
    assert (fresh(open_).status, fresh(ended).status) == ("cancelled", "completed")

    failed = make_run(world.cast.owner, statuses=FAILED, status="failed")
    for action, done in (("retry_selected", "Started again"), ("resume_selected", "Resumed")):
        data = {"action": action, "_selected_action": [str(failed.pk)]}
        assert f"{done}: 1." in page.post(reverse(LIST), data, follow=True).content.decode()
