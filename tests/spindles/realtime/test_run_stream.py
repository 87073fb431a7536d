"""The stream of a run over real HTTP: nothing lost, nothing repeated, an end."""

from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django.fixtures import Settings

from accounts.choices import Role
from accounts.models import Membership
from accounts.tenancy import scope, system_scope
from config.ids import uuid7
from node_links.models import NodeEvent
from spindles.choices import LogLevel
from spindles.engine.loading import open_run
from spindles.engine.saving import save_run
from spindles.models import Execution
from spindles.realtime import feed
from tests.factories import Person, make_person
from tests.node_links.realtime.conftest import EVENTS, Client, Live, Message
from tests.spindles.runs import Started, plan_of, start, step
from tests.spindles.stored_runs import EXECUTIONS, add_line

pytestmark = pytest.mark.django_db(transaction=True)


def stream_of(run: Started) -> str:
    return f"{EXECUTIONS}{run.pk}/events/"


def to_end(client: Client) -> list[Message]:
    """Return all messages up to `end`."""
    messages = [client.next()]
    while messages[-1].event != "end":
        messages.append(client.next())
    return messages


def told(messages: list[Message]) -> list[tuple[str, str, str | None]]:
    """Return name, state and step of those messages that are no lines of the log."""
    return [
        (message.event, message.data["status"], message.data.get("step_id"))
        for message in messages
        if message.event != "log"
    ]


def say(person: Person, run: Started, text: str) -> None:
    """Let the run say something without anything else happening, as a step at work does."""
    with scope(person.actor):
        locked = open_run(run.pk)
        assert locked is not None
        locked.log(LogLevel.INFO, text)
        save_run(locked)


def set_status(person: Person, run: Started, status: str) -> None:
    with scope(person.actor):
        Execution.objects.filter(pk=run.pk).update(status=status)


def test_a_run_that_is_over_is_told_from_its_beginning_to_its_end(live: Live) -> None:
    ann = make_person(Role.VIEWER)
    owner = make_person(Role.OWNER, ann.organization)
    run = start(owner.actor, plan_of(step("a"), step("b", depends_on=("a",)))).drive()

    stream = live.open(stream_of(run), ann)
    messages = to_end(stream)

    assert stream.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert told(messages) == [
        ("status", "pending", None),
        ("step", "running", "a"),
        ("step", "completed", "a"),
        ("step", "running", "b"),
        ("step", "completed", "b"),
        ("status", "completed", None),
        ("status", "completed", None),
        ("end", "completed", None),
    ]
    assert [m.data["message"] for m in messages if m.event == "log"] == ["The run is completed."]
    end = messages[-1].data
    assert end["progress"] == {"completed": 2, "total": 2, "percent": 100.0}
    assert (end["error"], end["execution_id"]) == (None, str(run.pk))
    assert stream.next_line("data") == ""


def test_what_happens_arrives_as_it_happens(live: Live) -> None:
    ann = make_person(Role.OWNER)
    run = start(ann.actor, plan_of(step("a")))
    stream = live.open(stream_of(run), ann)
    first = [stream.next(), stream.next()]

    run.drive()

    assert told(first) == [("status", "pending", None), ("status", "pending", None)]
    assert told(to_end(stream)) == [
        ("step", "running", "a"),
        ("step", "completed", "a"),
        ("status", "completed", None),
        ("status", "completed", None),
        ("end", "completed", None),
    ]


def test_a_line_of_the_log_arrives_without_any_event(live: Live) -> None:
    ann = make_person(Role.OWNER)
    run = start(ann.actor, plan_of(step("a", "delay", params={"seconds": 3600}))).drive()
    stream = live.open(stream_of(run), ann)
    while stream.next().data.get("event_type") != "StepExecutionWaiting":
        pass
    assert stream.next().data["progress"]["completed"] == 0

    say(ann, run, "half way")

    message = stream.next()
    assert (message.event, message.data["message"]) == ("log", "half way")


@pytest.mark.parametrize("after", range(1, 8))
def test_a_client_goes_on_behind_its_last_id_without_a_gap(live: Live, after: int) -> None:
    ann = make_person(Role.OWNER)
    plan = plan_of(step("a"), step("b", depends_on=("a",)))
    run = start(ann.actor, plan).drive()
    everything = to_end(live.open(stream_of(run), ann))
    # The last two tell where the run stands and are sent again to whoever comes back.
    lasting = [message for message in everything[:-2] if message.id != "0-0"]

    rest = to_end(live.open(stream_of(run), ann, Last_Event_ID=lasting[after - 1].id))

    assert [message.id for message in rest[:-2]] == [message.id for message in lasting[after:]]
    assert rest[-1].id == everything[-1].id


def test_a_long_history_is_told_in_pieces_and_in_order(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "AT_ONCE", 3)
    ann = make_person(Role.OWNER)
    run = start(ann.actor, plan_of(*(step(f"s{number}") for number in range(10)))).drive()
    for number in range(5):
        add_line(ann, run.row, f"line {number}")

    messages = to_end(live.open(stream_of(run), ann))

    with scope(ann.actor):
        events = NodeEvent.objects.filter(entity_id=run.pk).count()
    numbers = [tuple(map(int, message.id.split("-"))) for message in messages]
    assert numbers == sorted(numbers)
    assert len([m for m in messages if m.event == "log"]) == 6
    assert len([m for m in messages if "event_type" in m.data]) == events


def test_internal_steps_are_nobodys_news(live: Live) -> None:
    ann = make_person(Role.OWNER)
    run = start(ann.actor, plan_of(step("hidden", internal=True), step("a"))).drive()

    messages = to_end(live.open(stream_of(run), ann))

    assert {m.data["step_id"] for m in messages if m.event == "step"} == {"a"}


def test_a_quiet_stream_is_kept_open_by_comments(live: Live) -> None:
    ann = make_person(Role.OWNER)
    run = start(ann.actor, plan_of(step("a")))
    set_status(ann, run, "paused")
    stream = live.open(stream_of(run), ann)

    assert stream.next_line(":") == ": still here"
    assert stream.next_line(":") == ": still here"


def test_who_loses_membership_hears_no_more(live: Live) -> None:
    ann = make_person(Role.VIEWER)
    owner = make_person(Role.OWNER, ann.organization)
    run = start(owner.actor, plan_of(step("a")))
    stream = live.open(stream_of(run), ann)
    stream.next()
    stream.next()

    with system_scope():
        Membership.objects.filter(user=ann.user).delete()

    assert stream.next().event == "closed"


def test_foreign_unknown_and_malformed_runs_are_not_found(live: Live) -> None:
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    run = start(bob.actor, plan_of(step("a")))

    for path in (stream_of(run), f"{EXECUTIONS}{uuid7()}/events/", f"{EXECUTIONS}x/events/"):
        assert live.open(path, ann).problem == (404, "not_found")


def test_wrong_ids_and_parameters_are_refused(live: Live) -> None:
    ann = make_person(Role.OWNER)
    path = stream_of(start(ann.actor, plan_of(step("a"))))

    assert live.open(path, ann, Last_Event_ID="1").problem == (400, "validation_error")
    assert live.open(f"{path}?last_event_id=x-1", ann).problem == (400, "validation_error")
    assert live.open(f"{path}?colour=red", ann).problem == (400, "validation_error")
    assert live.open(path).problem == (401, "not_authenticated")


def test_streams_of_runs_count_among_those_of_their_user(live: Live, settings: Settings) -> None:
    settings.LIVE_STREAMS_PER_USER = 1
    ann = make_person(Role.OWNER)
    path = stream_of(start(ann.actor, plan_of(step("a"))))
    first = live.open(path, ann)
    first.next()

    assert live.open(path, ann).problem == (429, "rate_limited")


def test_web_sends_on_to_live_with_a_ticket(live: Live, settings: Settings) -> None:
    settings.LIVE_PORT = live.port
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    ann = make_person(Role.VIEWER)
    owner = make_person(Role.OWNER, ann.organization)
    run = start(owner.actor, plan_of(step("a"))).drive()

    sent_on = ann.client.get(stream_of(run), headers={"Last-Event-ID": "2-0"})
    target = urlsplit(sent_on["Location"])
    messages = to_end(live.open(f"{target.path}?{target.query}"))

    assert (sent_on.status_code, sent_on["Cache-Control"]) == (307, "no-store")
    assert parse_qs(target.query)["last_event_id"] == ["2-0"]
    assert told(messages)[0] == ("step", "completed", "a")
    assert ann.client.get(f"{EXECUTIONS}{uuid7()}/events/").status_code == 404
    assert ann.client.get(f"{stream_of(run)}?last_event_id=x").status_code == 400


def test_the_general_stream_of_events_takes_a_run_as_well(live: Live) -> None:
    ann, bob = make_person(Role.OWNER), make_person(Role.OWNER)
    run = start(ann.actor, plan_of(step("a")))
    query = f"?feature_type=execution&entity_id={run.pk}"
    stream = live.open(f"{EVENTS}{query}", ann)

    run.drive()

    assert stream.next().event == "StepExecutionStarted"
    assert live.open(f"{EVENTS}{query}", bob).problem == (404, "not_found")
    assert live.open(f"{EVENTS}?execution_id={run.pk}", ann).status == 200
