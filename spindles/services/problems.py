"""What keeps a spindle from running, what is known around it included."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from node_links.choices import LinkOrigin
from spindles.compiling.branches import branches_of, condition_of
from spindles.definitions.inputs import OutputDefinition, stored_inputs
from spindles.definitions.problems import Problem, find_problems
from spindles.definitions.references import LINK_TYPES, StepReference, references_of
from spindles.definitions.steps import StepDefinition
from spindles.expressions.conditions import MAX_CHARACTERS
from spindles.models import Spindle
from spindles.services.defining import definition_of
from spindles.services.references import Found, find_dangling, find_entities
from spindles.triggers.definitions import parse_triggers
from spindles.triggers.problems import find_trigger_problems

# What spindles and models start is linked by what is drawn in them. Each arrow is followed once,
# so that the walk ends in a circle.
_LEADING_BACK = """
WITH RECURSIVE walk(first, feature, entity) AS (
    SELECT f || ':' || e, f, e FROM unnest(%(features)s::text[], %(entities)s::uuid[]) AS t(f, e)
    UNION
    SELECT w.first, l.target_feature, l.target_entity_id
    FROM walk w
    JOIN node_links l ON l.organization_id = %(organization)s
        AND l.source_feature = w.feature AND l.source_entity_id = w.entity
        AND l.origin = %(derived)s AND l.link_type IN ('triggers', 'nested')
    JOIN node_metadata n ON n.metadata_id = l.target_id AND n.deleted_at IS NULL
    WHERE (w.feature, w.entity) <> (%(own)s, %(root)s)
)
SELECT DISTINCT first FROM walk WHERE feature = %(own)s AND entity = %(root)s
"""


def problems_of(spindle: Spindle) -> list[Problem]:
    """Return the problems of the working copy; at most a handful of statements."""
    definition = definition_of(spindle)
    outputs = None
    if spindle.outputs is not None:
        outputs = [OutputDefinition.model_construct(**one) for one in spindle.outputs]
    problems = find_problems(definition.steps, stored_inputs(spindle.inputs), outputs)
    problems += _too_long(definition.steps)
    triggers = parse_triggers(list(spindle.triggers), stored=True)
    problems += [
        Problem(one.code, None, one.pointer, one.message)
        for one in find_trigger_problems(triggers, spindle.inputs)
    ]
    references = list(references_of(definition.steps))
    return [*problems, *_outside(spindle, references)] if references else problems


def check_triggers(triggers: list[dict[str, Any]], views: Collection[str]) -> None:
    """Refuse triggers that mean nothing, where the `views` that were written show them.

    A drawing may say more of a trigger than what is known here. Raises `ValidationFailed`.
    """
    if not {"canvas", "triggers"}.isdisjoint(views):
        parse_triggers(triggers, stored="canvas" in views)


def _too_long(steps: Sequence[StepDefinition]) -> Iterable[Problem]:
    """Yield the steps whose condition is too long to be asked together with their branches."""
    branches = branches_of(steps)
    for index, step in enumerate(steps):
        whole = None if step.condition is None else condition_of(branches[step.id], step.condition)
        if whole is not None and len(whole) > MAX_CHARACTERS:
            message = f"With the branch it stands in it has more than {MAX_CHARACTERS} characters."
            yield Problem("invalid_condition", step.id, f"/steps/{index}/condition", message)


def _outside(spindle: Spindle, references: list[StepReference]) -> Iterable[Problem]:
    found = find_entities(spindle.organization_id, references)
    for one in find_dangling(spindle.organization_id, references, found):
        version = f" in version {one.version}" if (one.feature, one.target) in found else ""
        message = f"There is no {one.feature} {one.target}{version}."
        yield Problem("dangling_reference", one.step_id, one.pointer, message)
    starting = [one for one in references if LINK_TYPES.get(one.feature) == "triggers"]
    back = _leading_back(spindle, starting, found)
    for one in starting:
        if found.get((one.feature, one.target)) in back:
            message = f"{one.target} leads back to this spindle."
            yield Problem("nested_cycle", one.step_id, one.pointer, message)


def _leading_back(
    spindle: Spindle, references: list[StepReference], found: Found
) -> set[UUID | None]:
    """Return which of the entities that steps start would start this spindle again."""
    starts = {
        (one.feature, known)
        for one in references
        if (known := found.get((one.feature, one.target))) is not None
    }
    if not starts:
        return set()
    parameters: dict[str, Any] = {
        "features": [feature for feature, _ in starts],
        "entities": [known for _, known in starts],
        "organization": spindle.organization_id,
        "derived": LinkOrigin.DERIVED,
        "own": spindle.feature_type,
        "root": spindle.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEADING_BACK, parameters)
        return {UUID(first.rpartition(":")[2]) for (first,) in cursor.fetchall()}
