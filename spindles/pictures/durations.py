"""Lengths of time as people say them."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_UNITS = ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s"))
_TENTHS_BELOW = 10


def in_words(seconds: float) -> str:
    """Return a length of time in its one or two largest units: `250 ms`, `1.2 s`, `3 d 4 h`."""
    if seconds < 0.9995:  # noqa: PLR2004 -- what is rounded to a second is told in seconds
        return f"{round(seconds * 1000)} ms"
    if round(seconds, 1) < _TENTHS_BELOW:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    for size, name, small, small_name in _UNITS:
        # Rounded to the smaller unit first, so that nothing is 1 h 60 min long.
        units = round(seconds / small)
        if units * small >= size:
            large, rest = divmod(units, size // small)
            return f"{large} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{round(seconds)} s"
