"""What a condition reads: the paths into its variables, found in its text.

The binding of CEL gives no syntax tree, so that the text is read token by token.
"""

import re
from collections.abc import Collection, Iterator

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*)
    | (?P<raw>[bB]?[rR][bB]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*'))
    | (?P<string>[bB]?(?:\"{3}(?:\\.|.)*?\"{3}|'{3}(?:\\.|.)*?'{3}
        |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    | (?P<number>\d[\w.]*)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<mark>.)
    """,
    re.S | re.X,
)
_PLAIN_KEY = re.compile(r"""(?:"[^"\\]*"|'[^'\\]*')""")

Token = tuple[str, str]
Path = tuple[str, ...]


def tokens_of(text: str) -> list[Token]:
    """Return (kind, text) of each token; kinds are raw, string, number, name and mark."""
    found = ((str(match.lastgroup), match.group()) for match in _TOKEN.finditer(text))
    return [token for token in found if token[0] != "space"]


def names_in(text: str) -> set[str]:
    """Return every name of the text, whatever it names; what stands in quotes is none."""
    return {name for kind, name in tokens_of(text) if kind == "name"}


def paths_read(text: str, roots: Collection[str]) -> Iterator[Path]:
    """Yield paths below which lies everything of `roots` that the text can read.

    A path ends where the text goes on in a way that only evaluating it tells: at a computed index,
    at the call of a method.
    """
    tokens = tokens_of(text)
    for place, (kind, name) in enumerate(tokens):
        follows_dot = place > 0 and tokens[place - 1] == ("mark", ".")
        if kind == "name" and name in roots and not follows_dot:
            yield (name, *_parts_after(tokens, place + 1))


def _parts_after(tokens: list[Token], place: int) -> list[str]:
    parts: list[str] = []
    while True:
        following = tokens[place : place + 3]
        match following:
            case [("mark", "."), ("name", _), ("mark", "(")]:
                return parts
            case [("mark", "."), ("name", name), *_]:
                parts.append(name)
                place += 2
            case [("mark", "["), ("string", key), ("mark", "]")] if _PLAIN_KEY.fullmatch(key):
                parts.append(key[1:-1])
                place += 3
            case _:
                return parts
