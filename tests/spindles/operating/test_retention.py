"""Removing runs that ended long ago, and nothing else."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from spindles.models import Execution, ExecutionAttempt, ExecutionLog, ExecutionStep, StoredPlan
from spindles.services import retention
from spindles.services.retention import count_expired_runs, keep_runs_from, purge_runs
from spindles.tasks.maintenance import purge_executions
from tests.factories import Cast, make_cast
from tests.spindles.stored import make_lines, make_run

NOW = timezone.now()
BEFORE = NOW - timedelta(days=30)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def ended(cast: Cast, days: float, **values: Any) -> Execution:
    """Return a run that ended so many days ago."""
    return make_run(cast.owner, completed_at=NOW - timedelta(days=days), **values)


def left() -> set[Any]:
    with system_scope():
        return set(Execution.objects.values_list("pk", flat=True))


def purge(*arguments: str) -> str:
    out = StringIO()
    call_command("executions", "purge", *arguments, stdout=out)
    return out.getvalue()


def test_runs_that_ended_before_go_with_all_that_belongs_to_them(cast: Cast) -> None:
    old, new = ended(cast, 40), ended(cast, 20)
    with scope(cast.owner.actor):
        make_lines(old, "x")
        make_lines(new, "x")
    folder = f"executions/{old.organization_id}/{old.pk}"
    large = default_storage.save(f"{folder}/score-1.json", ContentFile(b"[]"))
    other = default_storage.save(
        f"executions/{new.organization_id}/{new.pk}/score-1.json", ContentFile(b"[]")
    )

    done = purge_runs(before=BEFORE)

    assert (done.runs, done.files) == (1, 1)
    assert left() == {new.pk}
    with system_scope():
        for model in (ExecutionStep, ExecutionAttempt, ExecutionLog):
            assert {row.execution_id for row in model.objects.all()} == {new.pk}
        assert StoredPlan.objects.count() == 1
    assert not default_storage.exists(large)
    assert not default_storage.exists(folder)
    assert default_storage.exists(other)
    default_storage.delete(other)


@pytest.mark.parametrize("status", ["pending", "running", "paused"])
def test_open_runs_stay_however_old_they_are(cast: Cast, status: str) -> None:
    run = make_run(cast.owner, status=status, created_at=NOW - timedelta(days=900))

    assert purge_runs(before=BEFORE).runs == 0
    assert left() == {run.pk}


def test_a_run_goes_with_those_that_it_started_and_not_before_them(cast: Cast) -> None:
    gone = ended(cast, 40)
    ended(cast, 41, parent=ended(cast, 41, parent=gone))
    kept = ended(cast, 40)
    middle = ended(cast, 40, parent=kept)
    open_ = make_run(cast.owner, status="running", parent=middle)
    late = ended(cast, 40)
    below = ended(cast, 2, parent=late)

    assert count_expired_runs(before=BEFORE) == 1
    assert purge_runs(before=BEFORE).runs == 3
    assert left() == {kept.pk, middle.pk, open_.pk, late.pk, below.pk}


def test_a_retry_outlives_the_run_that_it_repeats(cast: Cast) -> None:
    old = ended(cast, 40)
    again = ended(cast, 2, retry_of=old)

    purge_runs(before=BEFORE)

    with system_scope():
        assert Execution.objects.get().retry_of_id is None
    assert left() == {again.pk}


def test_many_runs_go_in_batches_that_are_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _ in range(5):
        ended(cast, 40)
    told: list[int] = []

    assert purge_runs(before=BEFORE, advance=told.append).runs == 5
    assert told == [2, 2, 1]


def test_the_night_removes_nothing_unless_it_is_told_to(cast: Cast, settings: LazySettings) -> None:
    run = ended(cast, 4000)

    assert keep_runs_from() is None
    assert purge_executions() == 0
    assert left() == {run.pk}

    settings.EXECUTION_DAYS = 30
    assert purge_executions() == 1
    assert left() == set()


def test_the_command_removes_in_one_organisation_only(cast: Cast) -> None:
    ended(cast, 40)
    foreign = make_run(cast.stranger, completed_at=NOW - timedelta(days=40))
    slug = cast.organization.slug

    assert purge("--days", "30", "--organization", slug, "--dry-run").startswith("1 runs that")
    assert len(left()) == 2
    assert "1 runs that ended before" in purge("--days", "30", "--organization", slug)
    assert left() == {foreign.pk}
    assert purge("--days", "3000").startswith("0 runs that ended before")


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ([], "Runs are kept for good"),
        (["--days", "0"], "--days is at least 1"),
        (["--days", "30", "--organization", "none"], "There is no organisation none"),
    ],
)
def test_the_command_refuses_what_was_not_meant(
    cast: Cast, arguments: list[str], refusal: str
) -> None:
    run = ended(cast, 40)

    with pytest.raises(CommandError, match=refusal):
        purge(*arguments)

    assert left() == {run.pk}
