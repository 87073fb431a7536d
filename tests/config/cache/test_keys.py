"""The names of cached things."""

from uuid import UUID

import pytest

from config.cache import key
from config.cache.keys import checked, is_key, pattern_name

ORGANIZATION = UUID("01890000-0000-7000-8000-000000000001")


def test_a_key_names_the_organisation_the_thing_and_its_state() -> None:
    name = key(ORGANIZATION, "sop", 7, 3)

    assert name == "nl:01890000-0000-7000-8000-000000000001:sop:7:3"
    assert key(str(ORGANIZATION), "sop", 7) == "nl:01890000-0000-7000-8000-000000000001:sop:7:0"
    assert pattern_name(name) == "sop"


@pytest.mark.parametrize("organization", [None, "", "*", "acme", "1"])
def test_a_key_without_an_organisation_is_refused(organization: str | None) -> None:
    with pytest.raises(ValueError, match="Not a cache key"):
        key(organization, "sop", 7, 3)


@pytest.mark.parametrize("part", ["", "a:b", "a b", "*", "[x]", "a?", "\\", "a\nb"])
def test_a_part_that_would_change_the_meaning_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match="Not a cache key"):
        key(ORGANIZATION, part, 1)
    with pytest.raises(ValueError, match="Not a cache key"):
        key(ORGANIZATION, "sop", part)
    with pytest.raises(ValueError, match="Not a cache key"):
        key(ORGANIZATION, "sop", 1, part)


@pytest.mark.parametrize("name", ["nl:1:throttle:user:5", "sop", "nl::sop:1:1", ""])
def test_names_of_others_are_not_ours(name: str) -> None:
    assert not is_key(name)
    with pytest.raises(ValueError, match="Not a cache key"):
        checked(name)
