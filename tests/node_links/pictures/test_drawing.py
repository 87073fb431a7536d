"""A picture says what is there, safely, and the same each time."""

from base64 import b64encode
from hashlib import sha256

import pytest

from node_links.graph.subgraph import Subgraph
from node_links.pictures.drawing import draw_neighbourhood
from node_links.pictures.hidden import MOST_COUNTED
from tests.node_links.pictures.graphs import (
    RED,
    SVG,
    address_of,
    hints,
    lines,
    link,
    node,
    parse,
    star,
    style_of,
    texts,
)


def draw(subgraph: Subgraph, **options: object) -> str:
    return draw_neighbourhood(
        subgraph=subgraph,
        address_of=address_of,
        **options,  # type: ignore[arg-type]  # each test names those it is about
    ).svg


def test_every_node_is_a_link_and_tells_its_name_type_and_distance() -> None:
    root, other = node(1, "Backup"), node(2, "Restore", distance=1)
    svg = draw(Subgraph([root, other], [link(root, other)], truncated=False))

    addresses = [a.get("href") for a in parse(svg).iter(f"{SVG}a")]
    assert addresses == ["/nodes/1/?a=1&b=2", "/nodes/2/?a=1&b=2"]
    assert hints(svg) == [
        "Neighbourhood of Backup",
        "Backup —references→ Restore · strength 0.50 · made by hand",
        "Backup · Knowledge · sop · the node asked about",
        "Restore · Knowledge · sop · 1 step away",
    ]
    assert {"Backup", "Restore", "references", "Knowledge · sop"} <= set(texts(svg))


def test_a_node_without_an_address_is_drawn_and_leads_nowhere() -> None:
    svg = draw_neighbourhood(subgraph=star(0), address_of=lambda _: None).svg

    assert not list(parse(svg).iter(f"{SVG}a"))
    assert "Hub" in texts(svg)


def test_a_picture_is_an_image_with_a_title_and_a_description() -> None:
    document = parse(draw(star(3)))

    assert document.get("role") == "img"
    assert document.get("aria-labelledby") == "nlp-title nlp-desc"
    described = {found.get("id"): found.text for found in document if found.get("id")}
    assert described == {
        "nlp-title": "Neighbourhood of Hub",
        "nlp-desc": "4 nodes · 3 links · up to 1 step away",
    }


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert('x')</script>",
        '"><image href=x onerror=alert(1)>',
        "&lt;b&gt; ]]> -->",
        "a\x01b\ufffe\x0bc",
        "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>",
    ],
)
def test_names_are_text_and_never_markup(name: str) -> None:
    root = node(1, name, node_type=name)
    inner = node(2, name, node_id=name, distance=1)
    shown = Subgraph([root, node(2, name, distance=1)], [link(root, inner, name)], truncated=False)

    document = parse(draw(shown))

    tags = {element.tag.removeprefix(SVG) for element in document.iter()}
    assert tags <= {"svg", "title", "desc", "style", "defs", "symbol", "marker", "path", "circle",
                    "rect", "use", "text", "g", "a", "line"}  # fmt: skip
    attributes = {name for element in document.iter() for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on")]


def test_an_address_and_a_colour_cannot_leave_their_attributes() -> None:
    root, other = node(1), node(2, distance=1)
    bad = link(root, other, color='red"/><script>')
    svg = draw_neighbourhood(
        subgraph=Subgraph([root, other], [bad], truncated=False),
        address_of=lambda _: '/x"><script>alert(1)</script>',
    ).svg

    assert [a.get("href") for a in parse(svg).iter(f"{SVG}a")][0] == (
        '/x"><script>alert(1)</script>'
    )
    assert [line.get("stroke") for line in lines(svg)] == ["#64748b"]


def test_writing_marks_cannot_turn_what_stands_beside_a_name() -> None:
    svg = draw(Subgraph([node(1, "abc\u202egpj.exe\u2066")], [], truncated=False))

    assert "abcgpj.exe" in texts(svg)


def test_lines_show_type_strength_and_origin() -> None:
    root, other = node(1), node(2, distance=1)
    shown = [
        link(root, other, "references", strength=0.0),
        link(root, other, "supports", strength=1.0, origin="derived", color=RED),
        link(other, root, "triggers", strength=0.5, origin="runtime"),
    ]
    svg = draw(Subgraph([root, other], shown, truncated=False))

    drawn = [
        (p.get("stroke"), p.get("stroke-width"), p.get("stroke-dasharray")) for p in lines(svg)
    ]
    assert drawn == [("#3B82F6", "1.0", None), (RED, "4.0", "7 4"), ("#3B82F6", "2.5", "1.5 4.5")]
    assert len({path.get("d") for path in lines(svg)}) == 3
    assert {"made by hand", "derived from content", "left by a run"} <= set(texts(svg))


def test_the_legend_names_what_is_in_the_picture_and_nothing_else() -> None:
    root = node(1)
    board = node(2, distance=1, feature="event-storm", node_type="board")
    svg = draw(Subgraph([root, board], [link(root, board, "documents")], truncated=False))

    entries = [t.text for t in parse(svg).iter(f"{SVG}text") if t.get("class") == "nlp-key"]
    assert entries == ["Event storm", "Knowledge", "documents"]


def test_a_feature_nobody_has_heard_of_has_a_look_as_well() -> None:
    svg = draw(Subgraph([node(1, feature="dream")], [], truncated=False))

    assert "Other" in texts(svg)


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        (0, "… and more links"),
        (7, "… and 7 more"),
        (MOST_COUNTED, "… and 1,000 more"),
        (MOST_COUNTED + 1, "… and more than 1,000 others"),
    ],
)
def test_a_truncated_picture_says_how_much_is_missing(hidden: int, words: str) -> None:
    assert words in texts(draw(star(2, truncated=True), hidden=hidden))


def test_a_complete_picture_claims_no_more() -> None:
    assert not [text for text in texts(draw(star(2))) if text.startswith("…")]


@pytest.mark.parametrize("leaves", [6, 80])
def test_the_same_graph_is_the_same_picture_in_whatever_order_it_comes(leaves: int) -> None:
    graph = star(leaves)
    turned = Subgraph(graph.nodes[::-1], graph.links[::-1], truncated=False)

    assert draw(graph) == draw(turned)


def test_long_names_are_wrapped_and_shortened_and_told_in_full() -> None:
    name = "Procedure for the calibration of instruments " * 5
    svg = draw(Subgraph([node(1, name)], [], truncated=False))

    shown = [t.text or "" for t in parse(svg).iter(f"{SVG}text") if t.get("class") == "nlp-name"]
    assert len(shown) == 2
    assert shown[0].startswith("Procedure")
    assert shown[1].endswith("…")
    assert name.strip() in hints(svg)[1]


def test_links_with_an_end_outside_and_links_inside_an_entity_are_not_drawn() -> None:
    root, other = node(1), node(2, distance=1)
    inner = node(1, "Step", node_id="step-1")
    shown = [link(root, other), link(inner, root, "supports"), link(root, node(9), "nested")]
    svg = draw(Subgraph([root, other], shown, truncated=False))

    assert len(lines(svg)) == 1


def test_a_link_of_a_node_inside_an_entity_ends_at_the_entity_and_names_the_node() -> None:
    root, other = node(1, "Billing"), node(2, "Refunds", distance=1)
    step = node(1, "Send invoice", node_id="step-1")
    svg = draw(Subgraph([root, other], [link(step, other)], truncated=False))

    assert hints(svg)[1].startswith("Billing (Send invoice) —references→ Refunds")


def test_a_picture_without_a_heading_keeps_its_title_for_listeners() -> None:
    svg = draw(star(1), headed=False)

    assert "Neighbourhood of Hub" not in texts(svg)
    assert hints(svg)[0] == "Neighbourhood of Hub"


def test_words_on_lines_never_cover_each_other() -> None:
    root, other = node(1), node(2, distance=1)
    shown = [link(root, other, kind) for kind in "abcdef"]
    svg = draw(Subgraph([root, other], shown, truncated=False))

    words = [t.text for t in parse(svg).iter(f"{SVG}text") if t.get("class") == "nlp-word"]
    assert words == ["a", "c", "e"]
    assert not [t for t in parse(draw(star(40))).iter(f"{SVG}text") if t.get("class") == "nlp-word"]


def test_links_within_a_column_stay_on_the_sheet() -> None:
    root, one, other = node(1), node(2, distance=1), node(3, distance=1)
    apart = [link(root, one), link(root, other)]
    joined = [*apart, link(one, other)]

    widths = [
        draw_neighbourhood(
            subgraph=Subgraph([root, one, other], links, truncated=False), address_of=address_of
        ).width
        for links in (apart, joined)
    ]

    assert widths[1] > widths[0]


def test_the_sheet_has_the_size_of_what_stands_on_it() -> None:
    small, large = parse(draw(star(2))), parse(draw(star(9)))

    for document in (small, large):
        width, height = document.get("width"), document.get("height")
        assert document.get("viewBox") == f"0 0 {width} {height}"
    assert int(small.get("height", 0)) < int(large.get("height", 0))


def test_dark_mode_is_part_of_the_style_sheet_that_the_policy_allows() -> None:
    drawn = draw_neighbourhood(subgraph=star(1), address_of=address_of)

    style = style_of(drawn.svg)
    assert "@media (prefers-color-scheme:dark)" in style
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert drawn.policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'self'"
    )


def test_three_hundred_nodes_are_all_drawn() -> None:
    count = 300
    nodes = [node(n + 1, distance=min(n, 1 + n // 40)) for n in range(count)]
    links = [link(nodes[n // 7], nodes[n]) for n in range(1, count)]
    links += [link(nodes[n], nodes[n // 3], "supports") for n in range(2, count, 2)]

    svg = draw(Subgraph(nodes, links, truncated=False))

    assert len(list(parse(svg).iter(f"{SVG}a"))) == count
    assert len(lines(svg)) == len(links)
