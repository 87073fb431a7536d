"""The timeline of a run, read back from the drawing."""

import pytest

from spindles.pictures.bars import ROW
from spindles.pictures.lanes import MOST_LANES
from spindles.pictures.timed import TimedRun
from spindles.pictures.timeline import draw_timeline
from tests.node_links.pictures.graphs import parse, texts
from tests.spindles.pictures.reading import lanes, legend, now_lines, words_of
from tests.spindles.pictures.runs import at, attempt, flaky, run, step

HOSTILE = "<script>alert('&\"')</script>\x00\u202e"


def drawn(one: TimedRun, now: float = 100, *, headed: bool = True) -> str:
    return str(draw_timeline(run=one, now=at(now), headed=headed).svg)


def test_each_try_is_a_bar_as_long_as_it_took() -> None:
    svg = drawn(run(step("Fetch", attempt(0, 2)), step("Score", attempt(2, 8)), end=8))

    fetch, score = lanes(svg)["Fetch"].tries[0], lanes(svg)["Score"].tries[0]
    assert score.width == pytest.approx(3 * fetch.width, abs=0.3)
    assert score.left == pytest.approx(fetch.right, abs=0.2)
    assert lanes(svg)["Fetch"].sign == "rnp-completed"
    assert words_of(svg, "rnp-note") == ["8 s", "2 s", "6 s"]


def test_retries_stand_side_by_side_with_the_pauses_between_them() -> None:
    svg = drawn(run(step("Fetch", *flaky("Fetch", 0, 1, 2, 1, pause=1)), end=6))

    lane = lanes(svg)["Fetch"]
    assert [sorted(bar.classes)[0] for bar in lane.tries] == [
        "rnp-failed", "rnp-failed", "rnp-completed",
    ]  # fmt: skip
    assert lane.tries[1].width == pytest.approx(2 * lane.tries[0].width, abs=0.3)
    pauses = [bar for bar in lane.bars if "rnp-queue" in bar.classes]
    assert [bar.hint for bar in pauses] == ["1 s until try 2", "1 s until try 3"]
    assert lane.tries[0].hint == "Fetch · try 1 · failed · http_503 · 1 s · from 10:30:00 UTC"
    assert words_of(svg, "rnp-note")[1] == "6 s · 3 tries"


def test_time_spent_waiting_looks_different_and_is_in_the_legend() -> None:
    svg = drawn(run(step("Approve", attempt(0, 4, waited=True), note="a person"),
                    step("Do", attempt(4, 5)), end=5))  # fmt: skip

    (bar,) = lanes(svg)["Approve"].tries
    assert "rnp-waited" in bar.classes
    assert bar.hint == "Approve · waited · a person · 4 s · from 10:30:00 UTC"
    assert legend(svg) == ["Completed", "Time spent waiting"]


def test_a_run_that_waits_for_days_still_shows_its_seconds() -> None:
    day = 86_400.0
    svg = drawn(run(step("Fetch", attempt(0, 2)), step("Approve", attempt(2, day, waited=True)),
                    step("Do", attempt(day, day + 3)), end=day + 3))  # fmt: skip

    assert lanes(svg)["Do"].tries[0].width > 200
    assert "1 d" in words_of(svg, "rnp-tick")
    assert parse(svg).findtext(".//*[@class='rnp-break']/{http://www.w3.org/2000/svg}title") == (
        "1 d passed over"
    )


def test_an_open_run_is_drawn_until_now() -> None:
    open_run = run(
        step("Fetch", attempt(0, 1)),
        step("Approve", attempt(1, None, waited=True), status="waiting", note="a person"),
        step("Scan", attempt(1, None), status="running"),
        step("Tell", status="pending"),
        status="running",
    )

    svg = drawn(open_run, now=5)

    assert now_lines(svg) == 1
    shown = lanes(svg)
    assert shown["Scan"].tries[0].right == pytest.approx(shown["Approve"].tries[0].right)
    assert [lane.sign for lane in shown.values()] == [
        "rnp-running", "rnp-completed", "rnp-waiting", "rnp-running", "rnp-pending",
    ]  # fmt: skip
    assert shown["Tell"].bars == ()
    assert words_of(svg, "rnp-note") == ["5 s", "1 s", "4 s", "4 s", "not started"]
    assert texts(svg)[1].startswith("running for 5 s · 1 of 4 steps · production")


def test_a_run_that_has_ended_does_not_change_any_more() -> None:
    ended = run(step("Fetch", attempt(0, 1)), end=1)

    assert drawn(ended, now=2) == drawn(ended, now=2000)
    assert now_lines(drawn(ended)) == 0


def test_skipped_and_cancelled_steps_say_so() -> None:
    svg = drawn(
        run(
            step("Page", status="skipped", note="its condition was false"),
            step("Scan", attempt(0, 2, "cancelled"), status="cancelled"),
            step("Tell", status="cancelled"),
            end=2, status="cancelled",
        )
    )  # fmt: skip

    assert words_of(svg, "rnp-note") == [
        "2 s", "skipped · its condition was false", "2 s", "cancelled",
    ]  # fmt: skip
    assert "rnp-cancelled" in lanes(svg)["Scan"].tries[0].classes
    assert legend(svg) == ["Skipped", "Cancelled"]


def test_a_step_that_is_to_be_tried_again_says_how_long_it_has_waited() -> None:
    svg = drawn(run(step("Fetch", attempt(0, 1, "failed"), status="pending"), status="running"), 3)

    assert lanes(svg)["Fetch"].bars[0].hint == "To be tried again, for 2 s now"


def test_items_of_a_map_are_one_lane_with_their_count() -> None:
    items = [
        step(f"Host {n}", attempt(n, n + 1, "failed" if n == 2 else "success"),
             status="failed" if n == 2 else "completed")
        for n in range(5)
    ]  # fmt: skip
    svg = drawn(run(step("Hosts", attempt(0, 5, waited=True), items=items, more_items=3), end=5))

    shown = lanes(svg)
    assert list(shown) == ["Whole run", "Hosts", "8 items, 1 failed"]
    assert len(shown["8 items, 1 failed"].bars) == 5


def test_items_that_are_under_way_are_counted_by_what_is_done() -> None:
    items = [step("a", attempt(0, 1)), step("b", attempt(0, None), status="running")]
    one = run(step("Hosts", attempt(0, None, waited=True), status="waiting", items=items),
              status="running")  # fmt: skip

    assert list(lanes(drawn(one, 2)))[-1] == "2 items, 1 done"


def test_runs_inside_stand_below_the_step_that_started_them_further_in() -> None:
    child = run(step("Read", attempt(1, 2)), begin=1, end=2, name="Collect", status="failed")
    svg = drawn(run(step("Ask", attempt(0, 3, waited=True), runs=[child]), end=3))

    shown = lanes(svg)
    assert list(shown) == ["Whole run", "Ask", "Collect 1.2.0", "Read"]
    assert shown["Read"].left == shown["Collect 1.2.0"].left == shown["Ask"].left + 16
    assert shown["Collect 1.2.0"].sign == "rnp-failed"


def test_a_part_of_the_plan_spans_what_is_inside_it() -> None:
    inside = [step("Look", attempt(1, 2)), step("Score", attempt(2, 4))]
    part = step("Triage", attempt(4, 4), opened_at=at(1), end=4, inside=inside)
    shown = lanes(drawn(run(part, end=4)))

    assert list(shown) == ["Whole run", "Triage", "Look", "Score"]
    (bar,) = shown["Triage"].bars
    assert bar.left == shown["Look"].bars[0].left
    assert bar.right == pytest.approx(shown["Score"].bars[0].right, abs=0.2)


def test_a_queued_run_says_how_long_it_waits() -> None:
    queued = TimedRun("Answer", "1.0.0", "pending", at(0), None, None, total=2)

    svg = drawn(queued, now=7)

    (bar,) = lanes(svg)["Whole run"].bars
    assert bar.hint == "Queued for 7 s"
    assert texts(svg)[1].startswith("queued · 0 of 2 steps")


def test_times_before_a_first_try_show_that_a_worker_was_missing() -> None:
    svg = drawn(run(step("Fetch", attempt(0, 1)), step("Score", attempt(3, 4), ready_at=at(1)),
                    end=4))  # fmt: skip

    assert lanes(svg)["Score"].bars[0].hint == "Ready, waited 2 s for a free worker"


def test_hostile_names_are_words_and_nothing_else() -> None:
    svg = drawn(run(step(HOSTILE, attempt(0, 1, "failed", error=HOSTILE), kind=HOSTILE,
                         note=HOSTILE, status="failed"), end=1, name=HOSTILE))  # fmt: skip

    assert "<script" not in svg
    assert "\x00" not in svg
    assert "\u202e" not in svg
    assert list(lanes(svg))[1].startswith("<script>alert(")


def test_very_many_steps_are_counted_and_not_drawn() -> None:
    svg = drawn(run(*(step(f"Step {n}", attempt(n, n + 1)) for n in range(500)), end=500))

    shown = list(lanes(svg))
    assert len(shown) == MOST_LANES + 1
    assert shown[-1] == f"… and {501 - MOST_LANES} more lines"
    assert len(parse(svg).attrib["height"]) == 4
    assert float(parse(svg).attrib["height"]) > MOST_LANES * ROW


def test_steps_that_were_not_read_are_counted() -> None:
    assert list(lanes(drawn(run(step("a", attempt(0, 1)), end=1, more_steps=7))))[-1] == (
        "… and 7 more steps"
    )


def test_without_a_heading_the_title_is_there_for_listeners() -> None:
    svg = drawn(run(step("Fetch", attempt(0, 1)), end=1), headed=False)

    assert texts(svg)[0] == "0"
    assert parse(svg).findtext("{http://www.w3.org/2000/svg}title") == (
        "Timeline of Answer an incident 1.2.0"
    )
