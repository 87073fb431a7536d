"""A run as it could have been: the one in the documentation."""

from spindles.pictures.states import StepState
from spindles.pictures.steps import DrawnStep, Edge
from spindles.pictures.timed import TimedRun
from tests.spindles.pictures.runs import at, attempt, flaky, run, step

_HOURS = 3600.0


def incident() -> TimedRun:
    """Return a run with tries, items, a person, a run inside and a step that was skipped."""
    answered = 3 * _HOURS
    hosts = [
        step(f"Host {n}", attempt(2.6 + n // 4 * 0.9, 3.3 + n // 4 * 0.9),
             status="completed")
        for n in range(10)
    ]  # fmt: skip
    known = run(
        step("Search the knowledge base", attempt(5.5, 6.1), kind="kb_search"),
        step("Read the procedure", attempt(6.1, 6.4), kind="kb_read"),
        begin=5.4, end=6.5, name="Collect what is known",
    )  # fmt: skip
    return run(
        step("Fetch the alert", *flaky("Fetch", 0.1, 0.6, 0.7, pause=0.8), kind="http_request"),
        step("Examine each host", attempt(2.4, 5.3, waited=True), kind="map", items=hosts),
        step("Collect what is known", attempt(5.3, 6.6, waited=True), kind="sub_execution",
             runs=[known]),
        step("Approve the measures", attempt(6.6, answered, waited=True), kind="human_task",
             note="a person"),
        step("Block the hosts", attempt(answered + 0.1, answered + 2.2), kind="http_request"),
        step("Page the manager", status="skipped", note="its condition was false", kind="email"),
        step("Tell the owners", attempt(answered + 2.3, answered + 3.4), kind="email"),
        end=answered + 3.5, name="Contain an incident", created_at=at(-0.2),
    )  # fmt: skip


STEPS = [
    DrawnStep("fetch", "Fetch the alert", "http_request"),
    DrawnStep("hosts", "Examine each host", "map"),
    DrawnStep("known", "Collect what is known", "sub_execution"),
    DrawnStep("severe", "Is it severe?", "condition"),
    DrawnStep("ask", "Approve the measures", "human_task"),
    DrawnStep("block", "Block the hosts", "http_request"),
    DrawnStep("page", "Page the manager", "email"),
    DrawnStep("tell", "Tell the owners", "email"),
]
EDGES = [
    Edge("fetch", "hosts"), Edge("fetch", "known"), Edge("hosts", "severe"),
    Edge("known", "severe"), Edge("severe", "ask", "severe"), Edge("severe", "page", "else"),
    Edge("ask", "block"), Edge("block", "tell"),
]  # fmt: skip
STATES = {
    "fetch": StepState("completed", "2.1 s · 2 tries"),
    "hosts": StepState("completed", "2.9 s"),
    "known": StepState("completed", "1.3 s"),
    "severe": StepState("completed", "2 ms"),
    "ask": StepState("waiting", "a person"),
    "block": StepState("pending"),
    "page": StepState("skipped", "its condition was false"),
    "tell": StepState("pending"),
}
