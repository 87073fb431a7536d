"""The shape of a statement: its text without values, and a short name for that text."""

import hashlib
import re

MAX_SQL = 20_000

# One pass over all that may hold a quote: a comment sign inside a text is text.
_TOKEN = re.compile(
    r"""(?P<name>"(?:[^"]|"")*")
    |(?P<comment>/\*.*?\*/|--[^\n]*)
    |(?P<text>\b[Ee]'(?:\\.|[^'\\]|'')*'
        |(?:\b[BbXxNn]|\b[Uu]&)?'(?:[^']|'')*'
        |\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$)""",
    re.S | re.X,
)
_NUMBER = re.compile(r"(?<![\w$.\"])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w\"])")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sbt]|%[sbt]")
_LIST = re.compile(r"\(\s*\?(?:::[\w\[\]]+)?(?:\s*,\s*\?(?:::[\w\[\]]+)?)+\s*\)")
_ROWS = re.compile(r"\(\.\.\.\)(?:\s*,\s*\(\.\.\.\))+")
_BLANKS = re.compile(r"\s+")


def hide_literals(sql: str) -> str:
    """Return `sql` with every text and number written in it replaced by `?`, without comments."""
    return _NUMBER.sub("?", _TOKEN.sub(_blank, sql))


def _blank(token: re.Match[str]) -> str:
    if token["name"]:
        return token["name"]
    return "?" if token["text"] else " "


def normalise(sql: str) -> str:
    """Return the statement without values, comments, list lengths and layout.

    Two statements that differ in nothing else give the same text. Cut at 20 000 characters.
    """
    text = _PLACEHOLDER.sub("?", hide_literals(sql))
    text = _ROWS.sub("(...)", _LIST.sub("(...)", text))
    return _BLANKS.sub(" ", text).strip()[:MAX_SQL]


def fingerprint(normalised: str) -> str:
    """Return the name of a normalised statement: 64 hexadecimal digits."""
    return hashlib.sha256(normalised.encode()).hexdigest()


def parameter_types(params: object) -> list[str]:
    """Return the Python types of the parameters, in order; never their values."""
    if isinstance(params, dict):
        return [f"{name}: {type(value).__name__}" for name, value in params.items()]
    if isinstance(params, list | tuple):
        return [type(value).__name__ for value in params]
    return []


def number_placeholders(sql: str) -> str:
    """Return `sql` with psycopg's placeholders (`%s`, `%(name)s`) as PostgreSQL's `$1`, `$2` …"""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        mark = found.group()
        if mark == "%%":
            return "%"
        key = mark if mark.startswith("%(") else f"#{len(numbers)}"
        return f"${numbers.setdefault(key, len(numbers) + 1)}"

    return re.sub(r"%%|%\(\w+\)[sbt]|%[sbt]", number, sql)
