"""What templates become when a step starts."""

from typing import Any

import pytest

from spindles.expressions.templates import TemplateError, render

VARIABLES: dict[str, Any] = {
    "inputs": {"who": "Ann", "n": 3, "big": 2**70, "ratio": 1.5, "yes": True, "none": None},
    "steps": {
        "fetch-all": {
            "status": "completed",
            "output": {"rows": [{"id": 7}, {"id": 8}], "0": "zero"},
        },
        "odd": {"status": "skipped"},
    },
    "item": ["a"],
    "index": 4,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ inputs.n }}", 3),
        ("${{inputs.n}}", 3),
        ("${{ inputs.big }}", 2**70),
        ("${{ inputs.yes }}", True),
        ("${{ inputs.none }}", None),
        ("${{ steps.fetch-all.output.rows }}", [{"id": 7}, {"id": 8}]),
        ("${{ steps.fetch-all.output.rows.1.id }}", 8),
        ("""${{ steps["fetch-all"].output['rows'][0] }}""", {"id": 7}),
        ("${{ steps.fetch-all.output.0 }}", "zero"),
        ("${{ steps.odd.status }}", "skipped"),
        ("${{ item }}", ["a"]),
        ("${{ index }}", 4),
    ],
)
def test_a_template_alone_is_the_value_with_its_type(text: str, value: object) -> None:
    rendered = render(text, VARIABLES)

    assert rendered == value
    assert type(rendered) is type(value)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Dear ${{ inputs.who }}!", "Dear Ann!"),
        ("${{ inputs.who }}${{ inputs.n }}", "Ann3"),
        ("${{ inputs.who }} and ${{ inputs.who }}", "Ann and Ann"),
        (" ${{ inputs.n }}", " 3"),
        ("is ${{ inputs.yes }}", "is true"),
        ("none: ${{ inputs.none }}.", "none: ."),
        ("x${{ inputs.ratio }}", "x1.5"),
        ("rows=${{ steps.fetch-all.output.rows }}", 'rows=[{"id":7},{"id":8}]'),
        ("all ${{ item }}", 'all ["a"]'),
        ("no template", "no template"),
        ("$ { { a } }", "$ { { a } }"),
    ],
)
def test_inside_longer_text_the_value_is_written(text: str, rendered: str) -> None:
    assert render(text, VARIABLES) == rendered


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("$${{ inputs.n }}", "${{ inputs.n }}"),
        ("a $${{ b ${{ inputs.n }}", "a ${{ b 3"),
        ("$${{", "${{"),
        ("$$${{ x }}", "$${{ x }}"),
    ],
)
def test_an_escape_writes_the_characters(text: str, rendered: str) -> None:
    assert render(text, VARIABLES) == rendered


def test_objects_are_written_as_json_with_their_letters() -> None:
    assert render("is ${{ inputs.o }}", {"inputs": {"o": {"ä": [None, "ö"]}}}) == (
        'is {"ä":[null,"ö"]}'
    )


def test_every_nested_string_is_rendered_and_keys_and_other_values_stay() -> None:
    value = {"${{ inputs.n }}": [1, None, {"deep": ["${{ inputs.n }}"]}], "t": ("${{ index }}",)}

    assert render(value, VARIABLES) == {
        "${{ inputs.n }}": [1, None, {"deep": [3]}],
        "t": [4],
    }


def test_a_template_inside_a_value_is_never_expanded() -> None:
    variables = {"inputs": {"evil": "${{ inputs.secret }}", "secret": "s", "esc": "$${{"}}

    assert render("${{ inputs.evil }}", variables) == "${{ inputs.secret }}"
    assert render("<${{ inputs.evil }}>", variables) == "<${{ inputs.secret }}>"
    assert render("<${{ inputs.esc }}>", variables) == "<$${{>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${{ inputs.nobody }}", "inputs.nobody: inputs.nobody is not there."),
        ("${{ inputs.who.name }}", "inputs.who.name: inputs.who.name is not there."),
        ("${{ inputs.none.x }}", "inputs.none.x: inputs.none.x is not there."),
        (
            "${{ steps.fetch-all.output.rows.2.id }}",
            "steps.fetch-all.output.rows.2.id: steps.fetch-all.output.rows.2 is not there.",
        ),
        (
            "${{ steps.fetch-all.output.rows.id }}",
            "steps.fetch-all.output.rows.id: steps.fetch-all.output.rows.id is not there.",
        ),
        ("${{ steps.odd.output }}", "steps.odd.output: steps.odd.output is not there."),
        ("${{ steps.nope.output }}", "steps.nope.output: steps.nope is not there."),
        ("${{ steps.odd }}", "steps.odd: say what of the step is meant, such as `output`."),
        ("${{ trigger.payload }}", "trigger.payload: trigger is not there."),
        (
            "${{ secrets.key }}",
            "secrets.key: there is no 'secrets'; known are inputs, steps, item, index.",
        ),
        ("${{ }}", "'' is no path."),
        ("${{ inputs.n + 1 }}", "'inputs.n + 1' is no path."),
        ("see ${{ inputs.n", "A template is not closed: `${{` without its `}}`."),
    ],
)
def test_what_is_missing_is_named(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        render({"a": [text]}, VARIABLES)

    assert str(refusal.value) == message
