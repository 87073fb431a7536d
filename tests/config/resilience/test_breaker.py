"""Circuits that all processes share."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier as BarrierType
from typing import Any

import pytest
from redis import Redis
from structlog.testing import capture_logs

from config.exceptions import CircuitOpenException, ExternalServiceException
from config.resilience import CircuitBreaker

pytestmark = pytest.mark.usefixtures("store")

PROCESSES = multiprocessing.get_context("fork")


def answer() -> str:
    return "answer"


def raising(error: BaseException) -> Callable[[], str]:
    def fail() -> str:
        raise error

    return fail


def fail_times(circuit: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        with pytest.raises(TimeoutError):
            circuit.call(raising(TimeoutError()))


def is_open(circuit: CircuitBreaker) -> bool:
    """Ask without telling the circuit anything: a ValueError says nothing about the service."""
    try:
        circuit.call(raising(ValueError()))
    except CircuitOpenException:
        return True
    except ValueError:
        return False
    raise AssertionError("neither refused nor called")


def test_it_opens_after_five_consecutive_failures_and_then_calls_nobody() -> None:
    circuit = CircuitBreaker("s", "h")
    fail_times(circuit, 4)
    assert circuit.call(divmod, 7, 2) == (3, 1)  # zeroes the count
    fail_times(circuit, 4)
    assert not is_open(circuit)

    fail_times(circuit, 1)

    called: list[int] = []
    with pytest.raises(CircuitOpenException) as refused:
        circuit.call(called.append, 1)
    assert called == []
    assert refused.value.service == "s"
    assert 29 < refused.value.retry_after <= 30


def test_another_service_and_another_host_are_other_circuits() -> None:
    fail_times(CircuitBreaker("s", "h"), 5)

    assert CircuitBreaker("s", "h2").call(answer) == "answer"
    assert CircuitBreaker("s2", "h").call(answer) == "answer"
    assert is_open(CircuitBreaker("s", "h"))


@pytest.mark.parametrize(
    "error",
    [
        ExternalServiceException("no", "s", "http://h/", status=422),
        ValueError(),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_errors_of_our_own_neither_count_nor_zero(error: BaseException) -> None:
    circuit = CircuitBreaker("s", "h")
    fail_times(circuit, 4)

    for _ in range(6):
        with pytest.raises(type(error)):
            circuit.call(raising(error))

    assert not is_open(circuit)
    fail_times(circuit, 1)
    assert is_open(circuit)


def test_half_open_closes_after_one_success() -> None:
    circuit = CircuitBreaker("s", "h", seconds=0)
    fail_times(circuit, 5)

    assert circuit.call(answer) == "answer"

    fail_times(circuit, 4)
    assert not is_open(CircuitBreaker("s", "h"))  # five are needed again


def test_half_open_opens_again_after_one_failure() -> None:
    fail_times(CircuitBreaker("s", "h", seconds=0), 5)

    fail_times(CircuitBreaker("s", "h", seconds=30), 1)

    assert is_open(CircuitBreaker("s", "h"))


def test_half_open_lets_one_call_through_while_others_are_refused() -> None:
    circuit = CircuitBreaker("s", "h", seconds=0)
    fail_times(circuit, 5)

    def trial() -> str:
        with pytest.raises(CircuitOpenException) as refused:
            circuit.call(answer)
        assert 0 < refused.value.retry_after <= 120
        return "closed"

    assert circuit.call(trial) == "closed"
    assert circuit.call(answer) == "answer"


def test_an_outside_4xx_on_trial_is_an_answer_and_closes() -> None:
    circuit = CircuitBreaker("s", "h", seconds=0)
    fail_times(circuit, 5)

    with pytest.raises(ExternalServiceException):
        circuit.call(raising(ExternalServiceException("no", "s", "http://h/", status=404)))

    fail_times(circuit, 4)
    assert not is_open(CircuitBreaker("s", "h", seconds=30))


def test_a_trial_that_never_reached_the_service_is_given_back() -> None:
    circuit = CircuitBreaker("s", "h", seconds=0)
    fail_times(circuit, 5)

    with pytest.raises(ValueError, match="bug"):
        circuit.call(raising(ValueError("bug")))

    fail_times(CircuitBreaker("s", "h", seconds=30), 1)  # the next call is the trial
    assert is_open(circuit)


def test_it_lets_a_call_through_when_the_time_is_over() -> None:
    circuit = CircuitBreaker("s", "h", failures=1, seconds=0.2)
    fail_times(circuit, 1)
    assert is_open(circuit)

    deadline = time.monotonic() + 5
    while is_open(circuit):
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)

    assert circuit.call(answer) == "answer"


def test_a_call_that_was_under_way_when_it_opened_changes_nothing(store: Redis) -> None:
    circuit = CircuitBreaker("s", "h")
    opened: list[object] = []

    def late(error: Exception | None) -> str:
        if not opened:
            fail_times(circuit, 5)
            store.hincrby("nodeloom:circuit:s:h", "until", -1000)  # one second passes
        opened.append(store.hgetall("nodeloom:circuit:s:h"))
        if error:
            raise error
        return "late"

    def late_failure() -> str:
        assert circuit.call(late, None) == "late"
        return late(TimeoutError())

    with pytest.raises(TimeoutError):
        circuit.call(late_failure)

    assert opened == [store.hgetall("nodeloom:circuit:s:h")] * 2
    assert is_open(circuit)


def test_threads_do_not_wait_for_each_other() -> None:
    circuit = CircuitBreaker("s", "h")
    meeting = threading.Barrier(4, timeout=10)
    threads = [threading.Thread(target=circuit.call, args=(meeting.wait,)) for _ in range(3)]
    for thread in threads:
        thread.start()

    circuit.call(meeting.wait)  # only returns when all four are inside at once

    for thread in threads:
        thread.join(10)
    assert not meeting.broken


def test_changes_are_announced() -> None:
    circuit = CircuitBreaker("s", "h", failures=1, seconds=0)

    with capture_logs() as logs:
        fail_times(circuit, 1)
        circuit.call(answer)

    assert [(one["event"], one["circuit"], one["state"]) for one in logs] == [
        ("circuit_changed", "s:h", "open"),
        ("circuit_changed", "s:h", "closed"),
    ]


def _run(processes: int, work: Callable[..., None], *args: Any) -> list[str]:
    """Run `work(barrier, results, *args)` in so many processes at once; return what they said."""
    start = PROCESSES.Barrier(processes, timeout=20)
    results: Any = PROCESSES.Queue()
    running = [
        PROCESSES.Process(target=work, args=(start, results, *args)) for _ in range(processes)
    ]
    for process in running:
        process.start()
    said = [results.get(timeout=30) for _ in running]
    for process in running:
        process.join(10)
    assert [process.exitcode for process in running] == [0] * processes
    return said


def _one_call(start: BarrierType, results: Any, seconds: float) -> None:
    start.wait()
    try:
        said = CircuitBreaker("s", "h", seconds=seconds).call(answer)
    except CircuitOpenException:
        said = "refused"
    results.put(said)


def _one_failure(start: BarrierType, results: Any) -> None:
    start.wait()
    try:
        CircuitBreaker("s", "h").call(raising(TimeoutError()))
    except TimeoutError:
        results.put("failed")


def _one_trial(start: BarrierType, results: Any, done: BarrierType) -> None:
    def trial() -> str:
        done.wait()  # until every other process has been answered
        return "through"

    start.wait()
    try:
        said = CircuitBreaker("s", "h", seconds=0).call(trial)
    except CircuitOpenException:
        done.wait()
        said = "refused"
    results.put(said)


def test_failures_of_five_processes_add_up() -> None:
    assert _run(5, _one_failure) == ["failed"] * 5

    assert is_open(CircuitBreaker("s", "h"))


def test_an_open_circuit_refuses_every_process() -> None:
    fail_times(CircuitBreaker("s", "h"), 5)

    assert _run(4, _one_call, 30) == ["refused"] * 4


def test_of_eight_processes_exactly_one_makes_the_trial() -> None:
    fail_times(CircuitBreaker("s", "h", seconds=0), 5)

    said = _run(8, _one_trial, PROCESSES.Barrier(8, timeout=20))

    assert sorted(said) == ["refused"] * 7 + ["through"]
    assert CircuitBreaker("s", "h").call(answer) == "answer"


def test_the_trial_of_a_killed_process_is_given_up_after_a_while(store: Redis) -> None:
    fail_times(CircuitBreaker("s", "h", seconds=0), 5)

    def die(start: BarrierType, results: Any) -> None:
        results.put("dying")
        results.close()
        results.join_thread()
        CircuitBreaker("s", "h", seconds=0).call(_exit)

    assert _run(1, die) == ["dying"]
    assert is_open(CircuitBreaker("s", "h", seconds=0))

    store.hset("nodeloom:circuit:s:h", "trial_until", 0)  # two minutes later

    assert CircuitBreaker("s", "h", seconds=0).call(answer) == "answer"


def _exit() -> str:
    os._exit(0)


@pytest.mark.usefixtures("valkey_away")
def test_without_the_shared_state_every_call_goes_through() -> None:
    circuit = CircuitBreaker("s", "h")

    with capture_logs() as logs:
        fail_times(circuit, 12)

    assert circuit.call(answer) == "answer"
    assert [one["event"] for one in logs] == ["valkey_unavailable"]
