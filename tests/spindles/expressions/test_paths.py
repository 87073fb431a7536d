"""Which values templates and conditions name."""

import pytest

from spindles.expressions.conditions import ConditionError, compile_condition
from spindles.expressions.paths import condition_paths, split_path, template_paths


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("inputs.a", ("inputs", "a")),
        ("steps.build-app.output.rows.0.id", ("steps", "build-app", "output", "rows", "0", "id")),
        ("""steps["a b"].output['x'][2]""", ("steps", "a b", "output", "x", "2")),
        ("item", ("item",)),
    ],
)
def test_a_path_is_taken_apart(text: str, parts: tuple[str, ...]) -> None:
    assert split_path(text) == parts


@pytest.mark.parametrize("text", ["", "1.a", "a..b", "a.b c", "a + b", "a[b]", "a["])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        split_path(text)


def test_templates_are_found_wherever_a_string_stands() -> None:
    value = {"a/b": ["x", "to ${{ inputs.who }} and ${{inputs.more}}"], "c": {"d": "$${{ no }}"}}

    assert list(template_paths(value)) == [("/a~1b/1", "inputs.who"), ("/a~1b/1", "inputs.more")]


@pytest.mark.parametrize(
    ("condition", "paths"),
    [
        ("inputs.a > 3", [("inputs", "a")]),
        ("${{ inputs.a }}", [("inputs", "a")]),
        (
            """steps["build-app"].output.ok && has(context.n1.k)""",
            [("steps", "build-app", "output", "ok"), ("context", "n1", "k")],
        ),
        ("""'inputs.x' == "steps.y.z" """, []),
        (
            """steps["read-it"].output.version == "1.0.0" && inputs.n == 'x'""",
            [("steps", "read-it", "output", "version"), ("inputs", "n")],
        ),
        ("inputs.rows.size() > 1 && steps[inputs.id].ok", [("inputs", "rows"), ("inputs", "id")]),
        ("inputs . a // steps.b.output", [("inputs", "a")]),
        ("myinputs.a || a.inputs.b", []),
        ('steps["a-b"].output.x == "yes"', [("steps", "a-b", "output", "x")]),
        ('"no" == steps["a"].status', [("steps", "a", "status")]),
        ('inputs.map["steps.a.output"] == 1', [("inputs", "map", "steps.a.output")]),
        ('["steps.a.output"].size() > 0', []),
    ],
)
def test_a_condition_names_paths(condition: str, paths: list[tuple[str, ...]]) -> None:
    assert condition_paths(condition) == paths


@pytest.mark.parametrize(
    "condition", ["inputs.a > 3 && true", "has(steps.a.output.x)", "${{ true }}"]
)
def test_a_condition_is_compiled(condition: str) -> None:
    assert compile_condition(condition) is not None


@pytest.mark.parametrize("condition", ["inputs.a >", "import os", "", "x" * 1001, "a ? b"])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(ConditionError):
        compile_condition(condition)
