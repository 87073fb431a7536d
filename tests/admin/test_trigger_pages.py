"""Operators look at triggers and at what they fired, and never see a secret."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from spindles.models import Spindle
from spindles.services.triggers.scheduling import fire_due_schedules
from tests.admin.conftest import World
from tests.spindles.triggers.publishing import (
    EVERY_MINUTE,
    MONDAY,
    firings_of,
    plan_for,
    publish,
    runs_of,
    triggers_of,
)
from tests.spindles.triggers.test_hooks import HOOK

TRIGGERS = reverse("admin:spindles_spindletrigger_changelist")
FIRINGS = reverse("admin:spindles_triggerfiring_changelist")


@pytest.fixture
def spindle(world: World) -> Spindle:
    made = publish(
        world.cast.editor,
        HOOK,
        {**EVERY_MINUTE, "catch_up": "all"},
        {"kind": "event", "id": "changed", "type": "SopUpdated"},
        {"kind": "manual"},
    )
    plan_for(triggers_of(made)["often"], MONDAY)
    fire_due_schedules(now=MONDAY + timedelta(minutes=2))
    return made


def test_the_list_tells_what_each_trigger_waits_for(page: Client, spindle: Spindle) -> None:
    shown = page.get(TRIGGERS).content.decode()

    for text in ("* * * * * UTC", "deploys", "SopUpdated", "Deploy"):
        assert text in shown


def test_a_trigger_is_shown_without_its_secret(page: Client, spindle: Spindle) -> None:
    hook = triggers_of(spindle)["hook"]
    shown = page.get(reverse("admin:spindles_spindletrigger_change", args=[hook.pk]))

    assert shown.status_code == 200
    text = shown.content.decode()
    assert "tolerance" in text
    assert f"?trigger__id__exact={hook.pk}" in text
    assert hook.secret is not None and hook.secret not in text


def test_the_log_of_a_trigger_names_its_runs(page: Client, spindle: Spindle) -> None:
    trigger = triggers_of(spindle)["often"]
    listed = page.get(f"{FIRINGS}?trigger__id__exact={trigger.pk}").content.decode()
    firing = firings_of(spindle)[0]
    shown = page.get(reverse("admin:spindles_triggerfiring_change", args=[firing.pk]))

    for run in runs_of(spindle):
        assert str(run.pk)[:8] in listed
    assert shown.status_code == 200
    assert "often" in shown.content.decode()


def test_nothing_can_be_changed(page: Client, spindle: Spindle) -> None:
    hook = triggers_of(spindle)["hook"]
    address = reverse("admin:spindles_spindletrigger_change", args=[hook.pk])

    assert page.post(address, {"path": "mine"}).status_code == 403
    assert page.get(reverse("admin:spindles_spindletrigger_add")).status_code == 403
    assert triggers_of(spindle)["hook"].path == "deploys"


@pytest.mark.parametrize("address", [TRIGGERS, FIRINGS])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    page: Client, world: World, spindle: Spindle, address: str
) -> None:
    page.get(address)
    counts = []
    for turn in range(2):
        if turn:
            more = ({**EVERY_MINUTE, "id": str(n), "catch_up": "all"} for n in range(9))
            other = publish(world.cast.editor, *more, name="Other")
            for trigger in triggers_of(other).values():
                plan_for(trigger, MONDAY + timedelta(minutes=int(trigger.key)))
            fire_due_schedules(now=MONDAY + timedelta(minutes=9))
        with CaptureQueriesContext(connection) as queries:
            assert page.get(address).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
