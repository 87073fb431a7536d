"""Pictures of models as they are read back: where boxes stand and what they say."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from xml.etree.ElementTree import Element

from function_models.canvas.document import Canvas, parse_canvas
from function_models.comparison import Comparison, compare_contents
from function_models.pictures.drawing import Heading, draw_comparison, draw_model
from node_links.pictures.picture import Picture
from tests.node_links.pictures.graphs import SVG, parse

HEADING = Heading("Answer a security incident", "version 1.2.0 · published")


@dataclass(frozen=True)
class Drawn:
    """A node of a picture; `x` and `y` are those of its corner inside what it is drawn in."""

    classes: frozenset[str]
    words: str
    hint: str
    x: float
    y: float
    width: float
    height: float
    inside: tuple["Drawn", ...]

    def overlaps(self, other: "Drawn") -> bool:
        """Whether the two cover the same place."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def picture(document: Any, **options: Any) -> Picture:
    """Return the picture of a document."""
    canvas = document if isinstance(document, Canvas) else parse_canvas(document)
    return draw_model(canvas=canvas, heading=HEADING, **options)


def compared(old: Any, new: Any) -> Picture:
    """Return the picture of what differs between two documents."""
    before, after = parse_canvas(old), parse_canvas(new)
    found = comparison(before, after)
    return draw_comparison(old=before, new=after, found=found, heading=HEADING)


def comparison(old: Canvas, new: Canvas) -> Comparison:
    """Return the comparison by meaning of two drawings."""
    documents = [one.as_document() for one in (old, new)]
    contents = [
        {"nodes_data": one["nodes"], "edges_data": one["edges"], "metadata": {}}
        for one in documents
    ]
    return compare_contents(*contents)


def containers(svg: str) -> dict[str, Drawn]:
    """Return the containers by their names."""
    return {one.words: one for one in _nodes(parse(svg), "fmp-container")}


def actions(svg: str) -> dict[str, Drawn]:
    """Return the actions of all containers by their names."""
    return {one.words: one for box in containers(svg).values() for one in box.inside}


def ways(svg: str) -> dict[str, str]:
    """Return the classes of each arrow by what it tells."""
    found = (one for one in parse(svg).iter(f"{SVG}g") if "fmp-way" in _classes(one))
    return {str(one.findtext(f"{SVG}title")): " ".join(sorted(_classes(one))) for one in found}


def legend(svg: str) -> list[str]:
    """Return the words of the legend and the notes below it."""
    last = list(parse(svg).findall(f"{SVG}g"))[-1]
    return [str(text.text) for text in last.iter(f"{SVG}text")]


def apart(drawn: dict[str, Drawn]) -> bool:
    """Whether no two cover each other."""
    return not any(one.overlaps(other) for one, other in combinations(drawn.values(), 2))


def _nodes(root: Element, kind: str) -> Iterator[Drawn]:
    for group in root.iter(f"{SVG}g"):
        if kind in _classes(group):
            yield _drawn(group)


def _drawn(group: Element) -> Drawn:
    x, y = group.attrib["transform"].removeprefix("translate(").removesuffix(")").split()
    card = group.find(f"{SVG}rect")
    assert card is not None
    lines = [text for text in group.findall(f"{SVG}text") if text.get("class") == "nlp-name"]
    inner = (one for one in group.findall(f"{SVG}g") if "fmp-action" in _classes(one))
    return Drawn(
        classes=frozenset(_classes(group)),
        words=" ".join(str(line.text) for line in lines),
        hint=str(group.findtext(f"{SVG}title")),
        x=float(x),
        y=float(y),
        width=float(card.attrib["width"]),
        height=float(card.attrib["height"]),
        inside=tuple(map(_drawn, inner)),
    )


def _classes(element: Element) -> list[str]:
    return element.get("class", "").split()
