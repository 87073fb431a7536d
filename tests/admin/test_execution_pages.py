"""Runs in the admin: the list, a run as it happens, what needs somebody."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tenancy import scope, system_scope
from spindles.models import Execution, ExecutionSnapshot, ExecutionStep
from tests.admin.conftest import World
from tests.factories import PASSWORD, UserFactory
from tests.spindles.stored import chain, make_lines, make_run, make_step, make_try

HOSTILE = "<script>alert(1)</script>"


def listed(page: Client, **query: str) -> str:
    answer = page.get(reverse("admin:spindles_execution_changelist"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(page: Client, run: Execution) -> str:
    answer = page.get(reverse("admin:spindles_execution_change", args=[run.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def live(page: Client, run: Execution) -> Any:
    return page.get(reverse("admin:spindles_execution_live", args=[run.pk]))


def named(world: World, name: str, **values: Any) -> Execution:
    """Return a run that was asked for now; the sweep has looked at it."""
    now = timezone.now()
    given = {"created_at": now, "started_at": now, "wake_at": now + timedelta(minutes=1), **values}
    return make_run(world.cast.owner, source_name=name, **given)


@pytest.mark.django_db
def test_the_list_tells_state_progress_and_who_started_it(page: Client, world: World) -> None:
    named(world, "Nightly", status="failed", statuses={"tell": "pending"})

    text = listed(page)

    assert "Nightly" in text
    assert "Failed" in text
    assert 'title="2 of 3 steps"' in text
    assert str(world.cast.owner.user) in text


@pytest.mark.django_db
def test_the_list_is_narrowed_to_what_needs_somebody(page: Client, world: World) -> None:
    now = timezone.now()
    long_ago = now - timedelta(hours=1)
    named(world, "Ended-well")
    named(world, "Goes-on", status="running", statuses={"tell": "pending"})
    named(world, "Not-rung", status="running", wake_at=long_ago)
    named(world, "Not-begun", status="pending", started_at=None, created_at=long_ago)
    named(world, "In-line", status="pending", started_at=None, created_at=long_ago,
          queued_at=long_ago, wake_at=None)  # fmt: skip
    named(world, "Asks-Ann", status="paused", statuses={"tell": "waiting"})
    lost = named(world, "Lost-worker", status="running", statuses={"tell": "running"})
    with scope(world.cast.owner.actor):
        ExecutionStep.objects.filter(execution=lost, step_id="tell").update(lease_until=long_ago)
    names = ("Ended-well", "Goes-on", "Not-rung", "Not-begun", "In-line", "Asks-Ann", "Lost-worker")

    def found(**query: str) -> list[str]:
        text = listed(page, **query)
        return [name for name in names if name in text]

    assert found() == list(names)
    assert found(needs="open") == list(names[1:])
    assert found(needs="stuck") == ["Not-rung", "Not-begun", "Lost-worker"]
    assert found(needs="people") == ["Asks-Ann"]
    assert found(needs="slot") == ["In-line"]
    assert found(period="hour") == ["Ended-well", "Goes-on", "Not-rung", "Asks-Ann", "Lost-worker"]
    assert found(nesting="inside") == []
    assert found(nesting="top") == list(names)
    assert found(q="Goes") == ["Goes-on"]
    assert found(q=str(lost.pk)) == ["Lost-worker"]


@pytest.mark.django_db
def test_a_run_is_shown_with_its_pictures_steps_tries_and_log(page: Client, world: World) -> None:
    run = make_run(
        world.cast.owner, statuses={"score": "failed", "tell": "skipped"}, status="failed",
        error={"code": "step_failed", "message": "Score has failed.", "step_ids": ["score"]},
        inputs={"host": "mail-1"}, status_reason="It was too late.",
    )  # fmt: skip
    with scope(world.cast.owner.actor):
        make_try(run, "score", 2, "failed", begin=3, error="http_503")
        make_lines(run, "The run has begun.", "It was slow.")
        ExecutionSnapshot.objects.create(
            organization=world.cast.organization, execution=run, number=3, percent=33, content={}
        )
        ExecutionStep.objects.filter(execution=run, step_id="fetch").update(
            output={"rows": 7}, output_hash="a"
        )

    text = shown(page, run)

    assert "Timeline of Answer an incident 1.2.0" in text
    assert text.count('<svg xmlns="http://www.w3.org/2000/svg" class="nlp rnp') == 2
    for told in ("step_failed", "Score has failed.", "It was too late.", "http_503", "mail-1",
                 "The run has begun.", "It was slow.", "its condition was false",
                 "&quot;rows&quot;: 7", "33 %"):  # fmt: skip
        assert told in text, told
    assert "hx-get" not in text.split('id="run-facts"')[1].split(">")[0]


@pytest.mark.django_db
def test_an_open_run_renews_itself_until_it_ends(page: Client, world: World) -> None:
    run = named(world, "Goes-on", status="running", statuses={"tell": "running"})
    address = reverse("admin:spindles_execution_live", args=[run.pk])
    assert f'hx-get="{address}"' in shown(page, run)

    first = live(page, run).content.decode()
    with scope(world.cast.owner.actor):
        Execution.objects.filter(pk=run.pk).update(status="completed", completed_at=timezone.now())
    last = live(page, run).content.decode()

    assert f'hx-get="{address}"' in first
    assert "hx-get" not in last
    assert "Completed" in last
    for place in ("run-timeline", "run-path", "run-steps", "run-log", "run-related"):
        assert f'id="{place}" hx-swap-oob="true"' in last


@pytest.mark.django_db
def test_a_stuck_run_says_so(page: Client, world: World) -> None:
    late = timezone.now() - timedelta(hours=1)
    run = named(world, "Not-rung", status="running", wake_at=late, statuses={"tell": "pending"})

    assert "stuck: nobody drives it" in shown(page, run)


@pytest.mark.django_db
def test_runs_around_a_run_are_linked(page: Client, world: World) -> None:
    run = make_run(world.cast.owner)
    child = make_run(world.cast.owner, parent=run, parent_step_id="fetch", source_name="Below")
    again = make_run(world.cast.owner, retry_of=run, source_name="Again")

    text, below = shown(page, run), shown(page, child)

    def link(one: Execution) -> str:
        return reverse("admin:spindles_execution_change", args=[one.pk])

    assert link(child) in text
    assert link(again) in text
    assert link(run) in below
    assert "Started by" in below
    assert "Tried again from" in shown(page, again)


@pytest.mark.django_db
def test_items_of_maps_are_counted_and_the_failed_ones_named(page: Client, world: World) -> None:
    run = make_run(world.cast.owner, chain("each", kind="map"))
    with scope(world.cast.owner.actor):
        make_step(run, "each[0]", position=0, item_of="each", item_index=0)
        make_step(run, "each[1]", "failed", position=0, item_of="each", item_index=1,
                  error={"code": "x", "message": "Host is gone."})  # fmt: skip

    text = shown(page, run)

    assert "1 completed, 1 failed" in text
    assert "each[1]: Host is gone." in text


@pytest.mark.django_db
def test_what_a_run_says_is_never_markup(page: Client, world: World) -> None:
    error = {"code": HOSTILE, "message": HOSTILE}
    run = named(world, HOSTILE, status="running", plan=chain(HOSTILE), status_reason=HOSTILE,
                error=error, statuses={HOSTILE: "running"})  # fmt: skip
    with scope(world.cast.owner.actor):
        make_lines(run, HOSTILE)

    for text in (listed(page), shown(page, run), live(page, run).content.decode()):
        assert HOSTILE not in text


@pytest.mark.django_db
def test_runs_are_looked_at_only(page: Client, world: World) -> None:
    run = make_run(world.cast.owner)
    change = reverse("admin:spindles_execution_change", args=[run.pk])

    assert page.post(change, {"status": "pending"}).status_code == 403
    assert page.get(reverse("admin:spindles_execution_delete", args=[run.pk])).status_code == 403

    with system_scope():
        assert Execution.objects.get().status == "completed"


@pytest.mark.django_db
def test_nobody_without_the_right_sees_a_run_live(page: Client, world: World) -> None:
    run = make_run(world.cast.owner)
    UserFactory.create(email="new@example.com", is_staff=True)
    other = Client()
    assert other.post(
        reverse("admin:login"), {"username": "new@example.com", "password": PASSWORD}
    ).status_code == 302  # fmt: skip

    assert live(other, run).status_code == 404
    assert live(Client(), run).status_code == 302
    assert live(page, Execution(pk=world.cast.organization.pk)).status_code == 404


@pytest.mark.django_db
def test_the_page_of_a_run_asks_as_much_for_many_steps_and_runs(page: Client, world: World) -> None:
    def queries(steps: int, children: int) -> int:
        run = make_run(world.cast.owner, chain(*(f"s{n}" for n in range(steps))))
        with scope(world.cast.owner.actor):
            make_lines(run, *("x" for _ in range(steps)))
        for _ in range(children):
            make_run(world.cast.owner, parent=run, parent_step_id="s0")
        with CaptureQueriesContext(connection) as counted:
            shown(page, run)
        return len(counted)

    queries(1, 0)  # what a process reads once, such as content types, is read before it counts
    assert queries(2, 1) == queries(30, 6)


@pytest.mark.django_db
def test_the_overview_counts_what_needs_somebody(page: Client, world: World) -> None:
    late = timezone.now() - timedelta(hours=1)
    named(world, "Not-rung", status="running", wake_at=late)
    named(world, "Failed", status="failed")
    named(world, "Asks", status="running", statuses={"tell": "waiting"})

    text = page.get(reverse("admin:index")).content.decode()

    section = text.split("Runs</h")[1]
    for label, count in (("Open", 2), ("Wait for people", 1), ("Failed today", 1), ("Stuck", 1)):
        tile = section.split(f"{label}</small>")[1].split("</span>")[0]
        assert tile.strip().endswith(f">{count}"), label
