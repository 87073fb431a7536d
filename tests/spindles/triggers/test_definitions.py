"""How triggers are written down, and what is told of those that make no sense."""

from typing import Any

import pytest

from config.exceptions import ValidationFailed
from spindles.triggers.definitions import parse_trigger, parse_triggers
from spindles.triggers.problems import find_trigger_problems


def refused(value: Any, **options: Any) -> dict[str, str]:
    """Return the code of each violation by its pointer."""
    with pytest.raises(ValidationFailed) as refusal:
        parse_triggers(value, **options)
    return {fault.pointer: fault.code for fault in refusal.value.errors}


def test_what_is_left_out_is_filled_in() -> None:
    schedule, webhook, event, manual = parse_triggers(
        [
            {"kind": "schedule", "cron": "0  6 * * *"},
            {"kind": "webhook"},
            {"kind": "event", "type": "SopPublished"},
            {"kind": "manual", "name": "By hand"},
        ]
    )

    assert schedule.model_dump(mode="json") == {
        "id": "schedule",
        "name": None,
        "kind": "schedule",
        "cron": "0 6 * * *",
        "timezone": "UTC",
        "catch_up": "latest",
        "overlap": "queue",
        "inputs": {},
    }
    assert webhook.model_dump(exclude={"name", "id"}) == {
        "kind": "webhook",
        "path": None,
        "auth": "signed",
        "tolerance": 300,
        "inputs": {},
    }
    assert event.model_dump(exclude={"name", "id"}) == {
        "kind": "event",
        "type": "SopPublished",
        "filter": None,
        "inputs": {},
    }
    assert (manual.id, manual.name) == ("manual", "By hand")


def test_triggers_without_an_id_are_counted() -> None:
    found = parse_triggers(
        [{"kind": "webhook"}, {"kind": "webhook", "id": "webhook-2"}, {"kind": "webhook"}]
    )

    assert [one.id for one in found] == ["webhook", "webhook-2", "webhook-3"]


def test_all_violations_are_told_together() -> None:
    faults = refused(
        [
            {"kind": "schedule", "cron": "6 o'clock", "timezone": "Berlin", "catch_up": "some"},
            {"kind": "webhook", "path": "a/b", "auth": "none", "tolerance": 0},
            {"kind": "event", "type": "sopPublished", "filter": "x" * 1001},
            {"kind": "timer"},
            {"cron": "* * * * *"},
            "webhook",
            {"kind": "schedule"},
            {"kind": "manual", "cron": "* * * * *"},
        ]
    )

    assert faults == {
        "/triggers/0/cron": "invalid",
        "/triggers/0/timezone": "invalid",
        "/triggers/0/catch_up": "invalid_choice",
        "/triggers/1/path": "invalid",
        "/triggers/1/auth": "invalid_choice",
        "/triggers/1/tolerance": "min_value",
        "/triggers/2/type": "invalid",
        "/triggers/2/filter": "max_length",
        "/triggers/3/kind": "invalid_choice",
        "/triggers/4/kind": "required",
        "/triggers/5": "invalid",
        "/triggers/6/cron": "required",
        "/triggers/7/cron": "unknown_field",
    }


def test_the_list_itself_is_checked() -> None:
    assert refused({"kind": "manual"}) == {"/triggers": "invalid"}
    assert refused([{"kind": "manual"}] * 51) == {"/triggers": "max_length"}


def test_an_id_and_a_path_stand_once() -> None:
    twice = [{"kind": "webhook", "id": "a", "path": "deploys"}, {"kind": "webhook", "id": "a"}]
    assert refused(twice) == {"/triggers/1/id": "duplicate"}

    twice[1] = {"kind": "webhook", "path": "deploys"}
    assert refused(twice) == {"/triggers/1/path": "duplicate"}


def test_events_of_single_steps_start_nothing() -> None:
    assert refused([{"kind": "event", "type": "StepExecutionCompleted"}]) == {
        "/triggers/0/type": "invalid"
    }


def test_a_drawing_may_say_more_of_a_trigger() -> None:
    drawn = [{"kind": "webhook", "id": "n1", "icon": "bolt"}]

    assert parse_triggers(drawn, stored=True)[0].id == "n1"
    assert refused(drawn) == {"/triggers/0/icon": "unknown_field"}


def test_a_single_trigger_is_pointed_into() -> None:
    with pytest.raises(ValidationFailed) as refusal:
        parse_trigger({"kind": "schedule", "cron": "* * * *"})

    assert [fault.pointer for fault in refusal.value.errors] == ["/cron"]


NEEDED = [
    {"name": "app", "type": "string", "required": True, "default": None},
    {"name": "level", "type": "integer", "required": True, "default": 3},
]


@pytest.mark.parametrize(
    ("trigger", "problems"),
    [
        ({"kind": "schedule", "cron": "* * * * *", "inputs": {"app": "shop"}}, []),
        (
            {"kind": "schedule", "cron": "* * * * *"},
            [("missing_param", "/triggers/0/inputs")],
        ),
        (
            {"kind": "event", "type": "*", "filter": "event.data.x ==", "inputs": {"app": 1}},
            [("invalid_condition", "/triggers/0/filter")],
        ),
        (
            {"kind": "event", "type": "*", "inputs": {"app": "${{ trigger.event.data.app }}"}},
            [],
        ),
        (
            {"kind": "webhook", "inputs": {"app": "${{ inputs.app }}", "b/c": "${{ trigger }}"}},
            [
                ("invalid_template", "/triggers/0/inputs/app"),
                ("invalid_template", "/triggers/0/inputs/b~1c"),
                ("undeclared_input", "/triggers/0/inputs/b~1c"),
            ],
        ),
        (
            {"kind": "webhook", "inputs": {"app": "${{ trigger.!! }}"}},
            [("invalid_template", "/triggers/0/inputs/app")],
        ),
        ({"kind": "webhook"}, []),
        ({"kind": "manual"}, []),
    ],
)
def test_what_keeps_a_trigger_from_starting_anything_is_told(
    trigger: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    found = find_trigger_problems(parse_triggers([trigger]), NEEDED)

    assert [(one.code, one.pointer) for one in found] == problems
