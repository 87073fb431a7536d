"""Saving what a spindle is made of, with its nodes and links."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from node_links.models import CANVAS_FIELDS
from node_links.services import entities
from node_links.services.links.removing import remove_links_inside
from node_links.services.nodes.syncing import sync_nodes
from spindles.definitions.definition import Definition
from spindles.definitions.drawing import parse_drawing
from spindles.definitions.inputs import parse_inputs, parse_outputs
from spindles.definitions.references import references_of
from spindles.models import Spindle
from spindles.services.references import link_references, note_references

Values = dict[str, Any]


def definition_of(spindle: Spindle) -> Definition:
    """Return what is drawn; it is read once for each state of the drawing."""
    kept: tuple[Any, Any, Definition] | None = spindle.__dict__.get("_definition")
    if kept is None or kept[0] is not spindle.nodes_data or kept[1] is not spindle.edges_data:
        definition = parse_drawing(spindle.document, stored=True)
        kept = (spindle.nodes_data, spindle.edges_data, definition)
        spindle.__dict__["_definition"] = kept
    return kept[2]


def draw(spindle: Spindle, definition: Definition) -> None:
    """Take `definition` as what is drawn; nothing is saved."""
    document = definition.as_document()
    spindle.nodes_data = document.pop("nodes")
    spindle.edges_data = document.pop("edges")
    spindle.viewport_data = document.pop("viewport")
    spindle.document_data = document
    spindle.triggers = definition.triggers
    spindle.__dict__["_definition"] = (spindle.nodes_data, spindle.edges_data, definition)


def store_definition(
    *, actor: Actor, spindle: Spindle, before: Definition, also: Iterable[str] = ()
) -> None:
    """Save the drawing of a locked spindle, and let nodes and derived links follow it.

    `also` names further fields to save with it.
    """
    after = definition_of(spindle)
    known = {node.id for node in after.nodes}
    gone = [node.id for node in before.nodes if node.id not in known]
    references = list(references_of(after.steps))
    referring = set(references_of(before.steps)) != set(references)
    wanted = note_references(spindle, references) if referring else []
    fields = [*CANVAS_FIELDS, "triggers", "dangling_references", *also]
    entities.save_entity(spindle, fields)
    if gone:
        remove_links_inside(actor=actor, entity=spindle, node_ids=gone)
    sync_nodes(entity=spindle)
    if referring:
        link_references(actor=actor, spindle=spindle, wanted=wanted)


def save_looks(spindle: Spindle) -> None:
    """Store what the editor keeps for itself. The moment of the change names the state in caches,
    so it moves; the revision, which tells others of a change, does not."""
    spindle.updated_at = timezone.now()
    looks = {name: getattr(spindle, name) for name in (*CANVAS_FIELDS, "updated_at")}
    Spindle.all_objects.filter(pk=spindle.pk).update(**looks)


def with_declarations(values: Mapping[str, Any]) -> Values:
    """Return `values` with inputs and outputs as they are stored. Raises `ValidationFailed`."""
    found = dict(values)
    if "inputs" in found:
        found["inputs"] = [one.model_dump() for one in parse_inputs(found["inputs"])]
    if "outputs" in found:
        outputs = parse_outputs(found["outputs"])
        found["outputs"] = None if outputs is None else [one.model_dump() for one in outputs]
    return found
