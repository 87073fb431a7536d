"""A drawing as a picture: what it says, and that it is safe and the same each time."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from function_models.canvas.document import parse_canvas
from function_models.pictures.drawing import Heading, draw_model
from tests.function_models.drawings import container, drawing, knowledge, nested, tether
from tests.function_models.pictures.examples import STATUSES, incident
from tests.function_models.pictures.reading import (
    HEADING,
    actions,
    containers,
    legend,
    picture,
    ways,
)
from tests.node_links.pictures.graphs import SVG, parse, style_of, texts


def test_a_picture_has_every_container_with_its_actions_inside() -> None:
    found = containers(picture(incident()).svg)

    assert {name: [one.words for one in box.inside] for name, box in found.items()} == {
        "Incident report": [],
        "Triage": [
            "How to classify a security incident",
            "Collect logs and owners of the hosts…",
            "Set severity and class",
        ],
        "Severe?": [],
        "Contain": [
            "Isolate the hosts in the network",
            "Revoke sessions and keys",
            "Keep evidence: what to copy, and how to…",
        ],
        "Inform those affected": ["Notify customers"],
        "Restore the service": ["Rebuild a server", "Watch for the same signs for 48 hours"],
        "Closure agreed": [],
        "Incident closed": ["Template of the review after an incid…"],
        "Register of incidents": [],
    }
    for box in found.values():
        for card in box.inside:
            assert card.x > 0 and card.x + card.width < box.width
            assert card.y > 0 and card.y + card.height < box.height


def test_a_picture_is_an_image_with_a_title_and_a_description() -> None:
    root = parse(picture(incident()).svg)

    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "fmp-title fmp-desc")
    title, description = root.findall(f"{SVG}title")[0], root.findall(f"{SVG}desc")[0]
    assert (title.get("id"), title.text) == (
        "fmp-title",
        "Answer a security incident · version 1.2.0 · published",
    )
    assert description.text == "9 containers · 10 actions · 9 dependencies"


def test_title_and_version_stand_above_unless_the_page_has_them() -> None:
    assert texts(picture(incident()).svg)[:2] == [
        "Answer a security incident",
        "version 1.2.0 · published · 9 containers · 10 actions · 9 dependencies",
    ]

    bare = picture(incident(), headed=False)

    assert "Answer a security incident" not in texts(bare.svg)
    assert bare.height < picture(incident()).height


def test_arrows_tell_what_depends_on_what() -> None:
    found = ways(picture(incident()).svg)

    assert len(found) == 9
    assert "Triage depends on Incident report" in found
    assert "Contain depends on Severe? · severity 3 and above" in found


def test_a_label_stands_on_its_arrow() -> None:
    assert "severity 3 and ab…" in texts(picture(incident()).svg)


def test_actions_tell_their_order_priority_and_who_is_responsible() -> None:
    svg = picture(incident()).svg

    assert "3 · P9 · critical · R Incident l…" in texts(svg)
    assert "3 · R Forensics · C Legal +1" in texts(svg)
    assert actions(svg)["Set severity and class"].hint == (
        "Set severity and class · Runs a spindle · draft · priority 9 · sequential, number 3"
        " · responsible: Incident lead · accountable: Head of security"
    )


def test_containers_tell_their_type_mode_and_priority() -> None:
    svg = picture(incident()).svg

    assert {"Process stage · parallel · P9", "Gateway · conditional", "Input"} <= set(texts(svg))


def test_each_status_and_type_in_the_picture_is_in_the_legend_and_no_other() -> None:
    svg = draw_model(canvas=parse_canvas(incident(), statuses=STATUSES), heading=HEADING).svg

    assert legend(svg) == [
        "Input", "Output", "Process stage", "Milestone", "Gateway", "Checkpoint",
        "Runs a spindle", "Uses an SOP", "Runs a model",
        "draft", "configured", "active", "inactive", "error",
        "An arrow leads to what depends on its beginning.",
        "Actions: number in their order · P priority, where not 5"
        " · R responsible, A accountable, C consulted, I informed.",
    ]  # fmt: skip
    signs = {use.get("href") for use in parse(svg).iter(f"{SVG}use")}
    assert {"#fmp-error", "#fmp-configured", "#nlp-spindle", "#fmp-gateway"} <= signs
    assert "#fmp-archived" not in signs


def test_every_sign_that_is_used_is_there() -> None:
    everything = drawing(
        container("i", "ioNode", boundary_type="input"),
        container("o", "ioNode", boundary_type="output"),
        container("b", "ioNode", boundary_type="input-output"),
        *(container(f"s{n}", stage_type=kind)
          for n, kind in enumerate(("milestone", "process", "gateway", "checkpoint"))),
        tether("t", "s0"), knowledge("k", "s0"), nested("n", "s0"),
        arrows=("i>o",),
    )  # fmt: skip
    statuses = dict(zip(("i", "o", "b", "s0", "s1", "s2"),
                        ("draft", "configured", "active", "inactive", "error", "archived"),
                        strict=True))  # fmt: skip
    root = parse(draw_model(canvas=parse_canvas(everything, statuses=statuses),
                            heading=HEADING).svg)  # fmt: skip

    there = {f"#{symbol.get('id')}" for symbol in root.iter(f"{SVG}symbol")}
    used = {str(use.get("href")) for use in root.iter(f"{SVG}use")}
    tips = {str(path.get("marker-end"))[4:-1] for path in root.iter(f"{SVG}path")
            if path.get("marker-end")}  # fmt: skip
    markers = {f"#{marker.get('id')}" for marker in root.iter(f"{SVG}marker")}
    assert len(used) == 16
    assert used <= there
    assert tips and tips <= markers


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<script>1</script>", "<script>1</script>"),
        ('"]]>&amp;<!--', '"]]>&amp;<!--'),
        ("a\x07b\ud7ff", "a\ufffdb\ud7ff"),
        ("\u202eevil", "evil"),
    ],
)
def test_names_are_shown_as_they_are_typed_and_never_become_markup(typed: str, shown: str) -> None:
    document = drawing(
        container("a", description=typed), container("b"), tether("t", "a"), arrows=("a>b",)
    )
    for node in document["nodes"][::2]:
        node["data"]["name"] = typed
    document["nodes"][2]["data"]["raci"] = {"responsible": [typed]}
    document["edges"][0]["label"] = typed

    svg = draw_model(canvas=parse_canvas(document), heading=Heading(typed, typed)).svg
    root = parse(svg)

    assert [one.words for one in containers(svg).values()] == [shown, "b"]
    assert list(actions(svg)) == [shown]
    assert shown in texts(svg)[0]
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "symbol", "marker", "rect", "text", "g", "use",
        "path", "circle",
    }  # fmt: skip


def test_long_names_are_shortened_to_their_box_and_told_in_full() -> None:
    name = "Donaudampfschifffahrtsgesellschaft " * 5
    document = drawing(container("a"), tether("t", "a"))
    for node in document["nodes"]:
        node["data"]["name"] = name

    svg = picture(document).svg

    box = next(iter(containers(svg).values()))
    assert box.words.endswith("…") and len(box.words) < 80
    assert box.hint.startswith(name.strip())
    assert box.inside[0].words.endswith("…")


def test_the_same_drawing_is_the_same_picture() -> None:
    assert picture(incident()).svg == picture(incident()).svg


def test_a_picture_needs_nothing_else() -> None:
    root = parse(picture(incident()).svg)

    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "://" not in value or name == "xmlns"
            if name.endswith("href"):
                assert value.startswith("#")
    style = style_of(picture(incident()).svg)
    assert "@import" not in style and "url(" not in style


def test_the_policy_lets_the_style_sheet_through_and_nothing_else() -> None:
    drawn = picture(incident())

    digest = b64encode(sha256(style_of(drawn.svg).encode()).digest()).decode()
    assert drawn.policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'self'"
    )


def test_colours_follow_the_reader_s_system() -> None:
    assert "@media (prefers-color-scheme:dark)" in style_of(picture(incident()).svg)


def test_a_model_without_nodes_says_so() -> None:
    empty = picture(drawing())

    assert "Nothing is drawn yet." in texts(empty.svg)
    assert containers(empty.svg) == {}
    assert empty.height < 200


def test_a_thousand_nodes_are_drawn() -> None:
    stages = [container(f"s{n}") for n in range(250)]
    inner = [tether(f"t{n}", f"s{n // 3}") for n in range(750)]
    document: dict[str, Any] = drawing(
        *stages, *inner, arrows=tuple(f"s{n // 3}>s{n}" for n in range(1, 250))
    )

    svg = picture(document).svg

    assert len(containers(svg)) == 250
    assert len(actions(svg)) == 750
