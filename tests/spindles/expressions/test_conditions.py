"""What conditions answer, and how they are kept within their limits."""

import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest

from spindles.expressions.conditions import ConditionError, evaluate, holds
from spindles.expressions.confinement import Sandbox, sandbox

VARIABLES: dict[str, Any] = {
    "inputs": {
        "n": 5,
        "f": 5.0,
        "big": 2**70,
        "s": "x",
        "none": None,
        "list": [1, 2.5, 3],
        "d": {"size": 1, "k": {"j": None}},
        "text": "yes",
    },
    "steps": {"build-app": {"status": "completed", "output": {"ok": True}}},
    "execution": {"started_at": "2026-01-02T03:04:05Z"},
}


@pytest.mark.parametrize(
    "condition",
    [
        "inputs.n == 5.0",
        "inputs.f == 5",
        "inputs.n < 5.5 && 4 < inputs.f && inputs.f <= inputs.n",
        "inputs.big > 9000000000",
        "5.0 in [inputs.n]",
        "inputs.n + 1 == 6",
        "inputs.none == null",
        "has(inputs.none)",
        "!has(inputs.nobody)",
        "has(inputs.d.k.j)",
        """steps["build-app"].output.ok""",
        """steps['build-app']["status"] == "completed" """,
        "inputs.d.size == 1 && inputs.d.size() == 2",
        "inputs . d // of the caller\n . k.j == null",
        "inputs[inputs.s + ''] == 1 || inputs.list[2] == 3",
        "inputs.s.startsWith('x') && inputs['s'].contains('x')",
        "timestamp(execution.started_at) < timestamp('2027-01-01T00:00:00Z')",
        "${{ inputs.n == 5 }}",
        """r'\\' != execution.started_at""",
        "inputs.list.all(x, x < 4) && inputs.list.exists(steps, steps == 2.5)",
        "inputs.list.filter(x, x > 2).size() == 2",
        "inputs.text.matches('^y.s$')",
    ],
)
def test_a_condition_holds(condition: str) -> None:
    assert holds(condition, VARIABLES) is True


@pytest.mark.parametrize(
    "condition", ["inputs.n > 5", "inputs.s == 5", "has(inputs.nobody) && inputs.nobody"]
)
def test_a_condition_does_not_hold(condition: str) -> None:
    assert holds(condition, VARIABLES) is False


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("inputs.nobody", "There is no 'nobody'."),
        ("inputs.nobody.x == 1", "There is no 'nobody'."),
        ("inputs.list.exists(x, x == inputs.nobody)", "There is no 'nobody'."),
        ("inputs.n", "It is neither true nor false, but a number."),
        ("inputs.s", "It is neither true nor false, but a text."),
        ("inputs.none", "It is neither true nor false, but null."),
        ("inputs.list", "It is neither true nor false, but a list."),
        ("inputs.d", "It is neither true nor false, but an object."),
        ("inputs.list[9] == 1", "index out of bounds: 9"),
        ("inputs.n / 0 == 1", "division by zero in CEL expression"),
        ("timestamp(execution.started_at)", "A value of type datetime is no JSON."),
        ("inputs.n >", "<input>:1:11: Syntax error"),
        ("inputs.f / 0.0", "A value of type float is no JSON."),
    ],
)
def test_anything_else_is_an_error(condition: str, message: str) -> None:
    with pytest.raises(ConditionError) as refusal:
        holds(condition, VARIABLES)

    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize("condition", ["inputs.s < 1", "inputs.f + inputs.n == 10.0", "!inputs.n"])
def test_mixed_types_are_an_error(condition: str) -> None:
    with pytest.raises(ConditionError):
        holds(condition, VARIABLES)


@pytest.mark.parametrize("condition", ["now()", "inputs.now()", "uuid()", "__import__('os')"])
def test_there_is_no_clock_and_no_host_language(condition: str) -> None:
    with pytest.raises(ConditionError, match="Undefined variable or function"):
        holds(condition, VARIABLES)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("inputs.d", {"size": 1, "k": {"j": None}}),
        ("{'a': [inputs.n, inputs.f, null]}", {"a": [5, 5.0, None]}),
        ("inputs.list.map(x, {'v': x})", [{"v": 1}, {"v": 2.5}, {"v": 3}]),
    ],
)
def test_an_expression_has_a_value_of_json(expression: str, value: object) -> None:
    assert evaluate(expression, VARIABLES) == value


@pytest.mark.parametrize(
    "condition",
    [
        "inputs.l.all(x, inputs.l.all(y, inputs.l.all(z, x + y + z >= 0)))",
        "[[1,1,1,1,1,1,1,1,1,1]]" + ".map(x,x+x)" * 40 + ".size() == 1",
        r"'a'.matches('\\w{500}')",
        "inputs.l.exists(x, string(x).matches('(a|b){900}c'))",
    ],
)
def test_what_takes_too_long_is_ended(condition: str) -> None:
    assert holds("inputs.l.all(x, x >= 0)", {"inputs": {"l": [1]}})  # the sandbox is there

    # A regular expression may also be refused for its size before its time is over.
    with pytest.raises(ConditionError, match="takes more than 100 ms|not a valid regex"):
        holds(condition, {"inputs": {"l": list(range(2000))}})

    assert holds("inputs.l.all(x, x >= 0)", {"inputs": {"l": [1]}})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"a": "x" * 1_000_001}, "It reads more than 1 MB."),
        ({"a": list(range(125_001))}, "It reads more than 1 MB."),
        ({"a": {"k" * 1_000_001: 1}}, "It reads more than 1 MB."),
    ],
)
def test_what_reads_too_much_is_refused(inputs: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ConditionError) as refusal:
        holds("inputs.a != 1", {"inputs": inputs})

    assert str(refusal.value) == message
    assert holds("inputs.b == 1", {"inputs": {**inputs, "b": 1}}), "only what is read counts"


def test_what_is_nested_too_deep_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]

    with pytest.raises(ConditionError, match="nested deeper than 100 levels"):
        holds("inputs.a == 1", {"inputs": {"a": deep}})


def test_larger_values_are_read_in_the_sandbox() -> None:
    assert holds("inputs.a.size() == 20000", {"inputs": {"a": "x" * 20_000}})


def test_a_text_that_is_no_unicode_is_an_error() -> None:
    with pytest.raises(ConditionError, match="no Unicode"):
        holds("inputs.a.matches('x')", {"inputs": {"a": "\ud800"}})


def test_a_sandbox_that_was_killed_is_replaced() -> None:
    own = Sandbox()
    assert own.evaluate("a + 1", {"a": 1}) == {"value": 2}
    process = own._process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert own.evaluate("a + 1", {"a": 2}) == {"value": 3}
    own.close()
    own.close()


def test_a_forked_process_uses_a_sandbox_of_its_own() -> None:
    assert holds("[1].all(x, x == 1)", {})
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        fresh = sandbox._process is None
        right = holds("[1].all(x, x == 1)", {})
        sandbox.close()
        os.write(writing, b"ok" if fresh and right else b"no")
        os._exit(0)
    os.close(writing)

    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"ok"
    os.waitpid(child, 0)
    assert holds("[1].all(x, x == 1)", {})
