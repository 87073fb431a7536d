"""Pictures of runs as they are read back."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from tests.node_links.pictures.graphs import SVG, parse


@dataclass(frozen=True)
class DrawnBar:
    """A bar: what it looks like, from where to where it reaches, what it tells."""

    classes: frozenset[str]
    left: float
    width: float
    hint: str

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width


@dataclass(frozen=True)
class DrawnLane:
    """A lane: its sign, where its words begin, its bars and the words behind them."""

    sign: str
    left: float
    bars: tuple[DrawnBar, ...]
    hint: str

    @property
    def tries(self) -> list[DrawnBar]:
        """The bars that are tries."""
        return [bar for bar in self.bars if "rnp-try" in bar.classes]


def lanes(svg: str) -> dict[str, DrawnLane]:
    """Return the lanes by their labels, from top to bottom."""
    found = {}
    for group in parse(svg).iter(f"{SVG}g"):
        if "rnp-lane" in _classes(group):
            label = group.find(f"{SVG}text")
            assert label is not None
            found[str(label.text)] = DrawnLane(
                sign=next((u.attrib["href"][1:] for u in group.findall(f"{SVG}use")), ""),
                left=float(label.attrib["x"]),
                bars=tuple(map(_bar, group.findall(f"{SVG}rect"))),
                hint=str(group.findtext(f"{SVG}title")),
            )
    return found


def words_of(svg: str, name: str) -> list[str]:
    """Return the texts of a class, in the order of the document."""
    return [str(t.text) for t in parse(svg).iter(f"{SVG}text") if name in _classes(t)]


def legend(svg: str) -> list[str]:
    """Return the words of the legend."""
    return words_of(svg, "nlp-key")


def now_lines(svg: str) -> int:
    """Return how many lines say what the time is."""
    return sum(path.get("class") == "rnp-now" for path in parse(svg).iter(f"{SVG}path"))


def step_signs(svg: str) -> dict[str, str]:
    """Return the sign of each step of a drawing of steps by its name."""
    found = {}
    for group in parse(svg).iter(f"{SVG}g"):
        if "spp-step" in _classes(group):
            name = " ".join(
                str(text.text) for text in group.findall(f"{SVG}text")
                if text.get("class") == "nlp-name"
            )  # fmt: skip
            found[name] = group.findall(f"{SVG}use")[-1].attrib["href"][1:]
    return found


def ways(svg: str) -> dict[str, bool]:
    """Return whether each arrow was taken, by what it tells."""
    return {
        str(group.findtext(f"{SVG}title")): "spp-taken" in _classes(group)
        for group in parse(svg).iter(f"{SVG}g")
        if "spp-way" in _classes(group)
    }


def _bar(rect: Element) -> DrawnBar:
    return DrawnBar(
        frozenset(_classes(rect)), float(rect.attrib["x"]), float(rect.attrib["width"]),
        str(rect.findtext(f"{SVG}title")),
    )  # fmt: skip


def _classes(element: Element) -> list[str]:
    return element.get("class", "").split()
