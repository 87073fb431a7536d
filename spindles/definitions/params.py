"""Parameters of steps, checked against the model of their kind.

A template may stand for any value: what it yields is known when the step runs.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from config.exceptions import FieldError
from node_links.canvas.faults import faults_of
from spindles.expressions.paths import TEMPLATE
from spindles.registry.kinds import step_kinds

_ABSENT = frozenset({"missing", "required"})


@dataclass(slots=True)
class ParamsCheck:
    """What is wrong with parameters (`faults`), and what they lack (`missing`).

    Pointers begin at the parameters.
    """

    faults: list[FieldError] = field(default_factory=list)
    missing: list[FieldError] = field(default_factory=list)


def check_params(kind: str, params: Mapping[str, Any]) -> ParamsCheck:
    """Check parameters as they are written. A kind that is not there finds nothing."""
    found = ParamsCheck()
    known = step_kinds.get(kind)
    if known is None:
        return found
    try:
        known.params.model_validate(dict(params))
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False)
        for detail, fault in zip(told, faults_of(error), strict=True):
            if _is_template(params, detail["loc"]):
                continue
            (found.missing if _is_unfinished(detail) else found.faults).append(fault)
    return found


def outcomes_of(kind: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the branches of a step that others may depend on; () where it has none."""
    known = step_kinds.get(kind)
    return () if known is None else tuple(known.outcomes(params))


def _is_unfinished(detail: Any) -> bool:
    """Return whether something is yet to come: a member, or what several members say together."""
    together = detail["type"] == "value_error" and isinstance(detail["input"], Mapping)
    return detail["type"] in _ABSENT or together


def _is_template(params: Any, place: Sequence[str | int]) -> bool:
    """Return whether a template stands where a fault was found, or around it."""
    value = params
    for part in place:
        # A place names members, and between them which choice of a union was tried.
        with suppress(KeyError, IndexError, TypeError):
            value = value[part]
    return isinstance(value, str) and TEMPLATE.search(value) is not None
