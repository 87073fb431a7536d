"""Flowcharts: what is drawn, and that no text can break out of its label.

The grammar is the part of Mermaid's flowchart language that is written: front matter, `flowchart`,
subgraphs with a direction, nodes in their shapes, arrows with quoted labels. Every line has to be
one of these, every id declared once, and every sign of a label harmless or an entity code.
"""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_models.canvas.document import parse_canvas
from function_models.exchange.mermaid import escaped, flowchart
from tests.function_models.drawings import container, drawing, drawn, knowledge, nested, tether

ID = r"n[1-9][0-9]*"
LABEL = r'"(?P<label>(?:[\w .,!?/()+*=…-]|#[0-9]+;)*)"'
SHAPES = (r"\(\[", r"\]\)"), (r"\[\[", r"\]\]"), (r"\[/", r"/\]"), (r"\[\(", r"\)\]"), \
    (r"\{\{", r"\}\}"), (r"\{", r"\}"), (r"\(", r"\)"), (r"\[", r"\]")  # fmt: skip
NODES = [re.compile(rf"(?P<id>{ID}){left}{LABEL}{right}") for left, right in SHAPES]
SUBGRAPH = re.compile(rf"subgraph (?P<id>{ID})\[{LABEL}\]")
EDGE = re.compile(rf"(?P<source>{ID}) -->(?:\|{LABEL}\|)? (?P<target>{ID})")


def shown(label: str) -> str:
    """Return a label as readers see it."""
    return re.sub(r"#([0-9]+);", lambda code: chr(int(code[1])), label)


def parse(text: str) -> tuple[dict[str, str], dict[str, str | None], list[tuple[str, str]]]:
    """Return names by id, the subgraph around each, and arrows. Raises on any other line."""
    lines = text.splitlines()
    if lines[0] == "---":
        assert lines[2] == "---"
        json.loads(lines[1].removeprefix("title: "))
        lines = lines[3:]
    assert lines.pop(0) == "flowchart LR"
    names: dict[str, str] = {}
    around: dict[str, str | None] = {}
    arrows: list[tuple[str, str]] = []
    inside: str | None = None
    for line in map(str.strip, lines):
        if line == "end":
            assert inside is not None
            inside = None
        elif line == "direction TB":
            assert inside is not None
        elif edge := EDGE.fullmatch(line):
            arrows.append((edge["source"], edge["target"]))
        else:
            found = next(filter(None, (p.fullmatch(line) for p in [SUBGRAPH, *NODES])), None)
            assert found is not None, line
            assert found["id"] not in names
            names[found["id"]], around[found["id"]] = shown(found["label"]), inside
            inside = found["id"] if line.startswith("subgraph") else inside
    assert inside is None
    assert {end for arrow in arrows for end in arrow} <= names.keys()
    return names, around, arrows


def test_containers_hold_their_actions_and_are_joined_by_arrows() -> None:
    canvas = drawn(
        container("in", "ioNode"),
        container("stage"),
        tether("later", "stage", execution_order=2),
        knowledge("sooner", "stage", execution_order=1),
        nested("other", "stage", execution_order=3),
        container("gate", stage_type="gateway"),
        container("done", stage_type="milestone"),
        container("look", stage_type="checkpoint"),
        arrows=("in>stage", "stage>gate"),
    )

    assert flowchart(canvas, title="My model") == (
        '---\ntitle: "My model"\n---\nflowchart LR\n'
        '    n1(["in"])\n'
        '    subgraph n2["stage"]\n'
        "        direction TB\n"
        '        n4[/"sooner"/]\n'
        '        n3[["later"]]\n'
        '        n5[("other")]\n'
        "    end\n"
        '    n6{"gate"}\n'
        '    n7{{"done"}}\n'
        '    n8("look")\n'
        "    n1 --> n2\n"
        "    n2 --> n6\n"
    )


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ('"] --> x["', "#34;#93; --#62; x#91;#34;"),
        ("end\n  subgraph", "end subgraph"),
        ("style a:#35;", "style a#58;#35;35#59;"),
        ("<script>&`%%{}|~$", "#60;script#62;#38;#96;#37;#37;#123;#125;#124;#126;#36;"),
        ("Prüfung 流程", "Prüfung 流程"),
        ("x" * 200, "x" * 119 + "#8230;"),
    ],
)
def test_every_sign_that_might_mean_something_is_an_entity_code(text: str, label: str) -> None:
    assert escaped(text) == label


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
             .filter(str.strip), min_size=2, max_size=5),
    st.text(max_size=30),
)  # fmt: skip
def test_any_text_parses_and_is_shown_as_it_was_written(names: list[str], label: str) -> None:
    nodes = [container(f"c{index}", name=name) for index, name in enumerate(names)]
    document = drawing(*nodes, tether("t", "c0", name=names[-1]), arrows=("c0>c1",))
    document["edges"][0]["label"] = label

    shown_names, around, arrows = parse(flowchart(parse_canvas(document), title=names[0]))

    assert list(shown_names.values()) == [
        " ".join(n.split()) for n in [names[0], names[-1], *names[1:]]
    ]
    assert [key for key, parent in around.items() if parent] == [f"n{len(names) + 1}"]
    assert arrows == [("n1", "n2")]
