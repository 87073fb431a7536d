"""`manage.py executions`: what it says and what it removes."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from spindles.models import Execution, ExecutionLog
from tests.factories import Cast, make_cast
from tests.spindles.stored import chain, make_lines, make_run, make_step, make_try


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def executions(*arguments: str) -> str:
    """Return what the command writes."""
    out = StringIO()
    call_command("executions", *arguments, stdout=out)
    return out.getvalue()


def test_runs_are_listed_newest_first_with_their_state(cast: Cast) -> None:
    now = timezone.now()
    old = make_run(cast.owner, source_name="Nightly", created_at=now - timedelta(hours=2))
    new = make_run(cast.owner, source_name="Hourly", status="failed", created_at=now,
                   statuses={"tell": "pending"})  # fmt: skip

    lines = executions("list").splitlines()

    assert [line.split()[0] for line in lines[1:-1]] == [str(new.pk), str(old.pk)]
    assert "Hourly 1.2.0" in lines[1]
    assert "✗ failed" in lines[1]
    assert lines[1].rstrip().endswith("2/3    3 s")
    assert lines[-1] == "2 runs."
    assert "\x1b" not in "".join(lines)


def test_the_list_is_narrowed(cast: Cast) -> None:
    late = timezone.now() - timedelta(hours=1)
    make_run(cast.owner, source_name="Ended")
    make_run(cast.owner, source_name="Stuck", status="running", wake_at=late)
    make_run(cast.owner, source_name="Asks", status="paused", statuses={"tell": "waiting"})
    make_run(cast.owner, source_name="Queued", status="pending", queued_at=late)
    make_run(cast.stranger, source_name="Foreign")

    def names(*arguments: str) -> list[str]:
        text = executions("list", *arguments)
        return [n for n in ("Ended", "Stuck", "Asks", "Queued", "Foreign") if n in text]

    assert names() == ["Ended", "Stuck", "Asks", "Queued", "Foreign"]
    assert names("--organization", cast.stranger.organization.slug) == ["Foreign"]
    assert names("--status", "paused") == ["Asks"]
    assert names("--needs", "open") == ["Stuck", "Asks", "Queued"]
    assert names("--needs", "stuck") == ["Stuck"]
    assert names("--needs", "people") == ["Asks"]
    assert names("--needs", "slot") == ["Queued"]
    assert names("--name", "ende") == ["Ended"]
    assert len(executions("list", "--limit", "2").splitlines()) == 4
    assert executions("list", "--name", "nothing") == "0 runs.\n"


def test_what_is_not_there_is_refused(cast: Cast) -> None:
    for arguments in (["list", "--organization", "none"], ["show", str(uuid4())],
                      ["tail", str(uuid4())]):  # fmt: skip
        with pytest.raises(CommandError, match="There is no"):
            executions(*arguments)


def test_a_run_is_shown_as_a_tree(cast: Cast) -> None:
    run = make_run(
        cast.owner, chain("fetch", "each", "score", kind="map"), status="failed",
        statuses={"score": "failed"}, error={"code": "step_failed", "message": "Score failed."},
        status_reason="Too late.", correlation_id="request-7",
    )  # fmt: skip
    make_run(cast.owner, chain("read"), parent=run, parent_step_id="fetch", source_name="Inside")
    with scope(cast.owner.actor):
        make_step(run, "each[0]", position=1, item_of="each", item_index=0)
        make_try(run, "score", 2, "failed", begin=4, error="http_503")

    text = executions("show", str(run.pk))

    lines = [line.strip("│├└─ ") for line in text.splitlines()]
    assert lines[0].startswith("Answer an incident 1.2.0  failed in 3 s · 3 of 3 steps")
    assert lines[1] == "✓ completed  Fetch  fetch · map  1 s"
    assert lines[2].startswith("Inside 1.2.0  completed in 1 s")
    assert lines[3] == "✓ completed  Read  read · noop  1 s"
    assert lines[5] == "1 item"
    assert lines[6].startswith("✗ failed  Score  score · map  1 s · 2 tries")
    assert lines[7] == "try 2: http_503"
    assert f"id         {run.pk}" in text
    assert "request    request-7" in text
    assert "reason     Too late." in text
    assert "error      step_failed: Score failed." in text


def test_a_name_cannot_write_to_the_terminal(cast: Cast) -> None:
    run = make_run(cast.owner, chain("\x1b[31mred[/bold]"), source_name="[bold]x\x1b[2J")

    for text in (executions("list"), executions("show", str(run.pk))):
        assert "\x1b" not in text
        assert "[bold]x" in text


def test_the_log_of_a_run_that_has_ended_is_told_to_its_end(cast: Cast) -> None:
    run = make_run(cast.owner)
    with scope(cast.owner.actor):
        make_lines(run, "It has begun.", "It has ended.")
        make_lines(run, "It was slow.", level="warning")

    lines = executions("tail", str(run.pk)).splitlines()

    assert lines == [
        "10:30:00.000  info     It has begun.",
        "10:30:01.000  info     It has ended.",
        "10:30:00.000  warning  It was slow.",
        "The run has ended: ✓ completed.",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_log_is_followed_until_the_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    run = make_run(cast.owner, status="running", statuses={"tell": "running"})
    looks: list[float] = []

    def write_more(pause: float) -> None:
        """Do what a worker does, instead of waiting."""
        looks.append(pause)
        worker = Thread(target=at_work, args=[len(looks)])
        worker.start()
        worker.join()

    def at_work(number: int) -> None:
        with system_scope():
            ExecutionLog.objects.create(
                organization_id=run.organization_id, execution=run, at=timezone.now(),
                step_id="tell", attempt=1, message=f"Line {number}",
            )  # fmt: skip
            if number == 3:
                Execution.objects.filter(pk=run.pk).update(status="failed")
        connection.close()

    monkeypatch.setattr("spindles.management.tailing.time.sleep", write_more)

    lines = executions("tail", str(run.pk)).splitlines()

    assert [line[14:] for line in lines[:-1]] == [
        f"info     tell#1  Line {number}" for number in (1, 2, 3)
    ]
    assert lines[-1] == "The run has ended: ✗ failed."
    assert looks == [0.5] * 3


def test_whoever_stops_following_is_told_that_the_run_goes_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(cast.owner, status="running")

    def interrupt(pause: float) -> Iterator[None]:
        raise KeyboardInterrupt

    monkeypatch.setattr("spindles.management.tailing.time.sleep", interrupt)

    assert executions("tail", str(run.pk)) == "Not followed any further; the run goes on.\n"


def test_a_run_is_tried_again_in_the_name_of_the_owner(cast: Cast) -> None:
    old = make_run(cast.owner, statuses={"tell": "failed"}, status="failed")

    text = executions("retry", str(old.pk))

    with system_scope():
        again = Execution.objects.exclude(pk=old.pk).get()
        done = set(again.steps.filter(status="completed").values_list("step_id", flat=True))
    assert text == f"Started again as {again.pk}.\n"
    assert (again.retry_of_id, again.started_by_id) == (old.pk, cast.owner.user.pk)
    assert done == {"fetch", "score"}


def test_a_member_can_be_named_and_a_step_to_start_from(cast: Cast) -> None:
    old = make_run(cast.owner)

    executions("retry", str(old.pk), "--from-step", "score", "--as", cast.admin.user.email)

    with system_scope():
        again = Execution.objects.exclude(pk=old.pk).get()
        done = set(again.steps.filter(status="completed").values_list("step_id", flat=True))
    assert again.started_by_id == cast.admin.user.pk
    assert done == {"fetch"}


@pytest.mark.parametrize(
    ("values", "arguments", "refusal"),
    [
        ({"status": "running"}, [], "running"),
        ({"status": "completed"}, [], "Nothing of it is left to be done"),
        ({"status": "failed"}, ["--from-step", "gone"], "There is no step gone"),
        ({"status": "failed"}, ["--as", "none@example.com"], "No such organisation or member"),
    ],
)
def test_what_cannot_be_tried_again_is_refused(
    cast: Cast, values: dict[str, Any], arguments: list[str], refusal: str
) -> None:
    run = make_run(cast.owner, **values)

    with pytest.raises(CommandError, match=refusal):
        executions("retry", str(run.pk), *arguments)

    with system_scope():
        assert Execution.objects.count() == 1
