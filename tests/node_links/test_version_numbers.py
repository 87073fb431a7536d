"""Version numbers: three integers, ordered as numbers."""

import pytest

from config.exceptions import ValidationFailed
from node_links.choices import Bump
from node_links.versions import Version


@pytest.mark.parametrize(
    ("text", "number"), [("1.2.3", (1, 2, 3)), ("01.2.3", (1, 2, 3)), ("0.0.0", (0, 0, 0))]
)
def test_numbers_are_read(text: str, number: tuple[int, int, int]) -> None:
    assert Version.parse(text) == Version(*number)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.0", "1.0.0.0", "v1.0.0", "1.0.0-rc.1", "1.0.0\n", " 1.0.0", "１.0.0", "1.-1.0",
     "1234567890.0.0"],
)  # fmt: skip
def test_anything_else_is_refused_where_it_stands(text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        Version.parse(text, pointer="?from")

    [fault] = refused.value.errors
    assert (fault.pointer, fault.code) == ("?from", "invalid_version")


def test_order_is_numeric() -> None:
    texts = ["1.10.0", "1.9.0", "2.0.0", "1.9.10", "1.9.9"]

    ordered = [str(number) for number in sorted(map(Version.parse, texts))]

    assert ordered == ["1.9.0", "1.9.9", "1.9.10", "1.10.0", "2.0.0"]


def test_three_steps_lead_on_from_a_number() -> None:
    number = Version(1, 2, 3)

    assert {bump: str(number.bumped(bump)) for bump in Bump} == {
        Bump.MAJOR: "2.0.0", Bump.MINOR: "1.3.0", Bump.PATCH: "1.2.4",
    }  # fmt: skip
    assert number.bump_to(Version(1, 3, 0)) is Bump.MINOR
    for wrong in ("1.2.3", "3.0.0", "1.4.0", "1.2.5", "2.1.0", "1.3.1"):
        assert number.bump_to(Version.parse(wrong)) is None
