"""How long and how many the fields of a model may be."""

import re

NAME_LENGTH = (3, 100)
NAME_PATTERN = re.compile(r"\A[A-Za-z0-9 _-]*\Z")
NAME_HELP = "Letters, digits, space, hyphen and underscore are allowed."
MAX_DESCRIPTION = 5000
MAX_PROCESS_TYPE = 100
MAX_SECONDS = 2_147_483_647
MAX_TAGS = 20
MAX_TAG = 50
MAX_REASON = 2000


def unique_tags(tags: list[str]) -> list[str]:
    """Return the tags without repetition, ignoring case; the first spelling stays."""
    return list({tag.casefold(): tag for tag in reversed(tags)}.values())[::-1]
