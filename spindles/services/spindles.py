"""Creating and changing spindles."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.db import joined_transaction
from config.exceptions import FieldError, InvalidTransition, ValidationFailed
from config.rows import insert_rows
from node_links.events.recording import record_event
from node_links.permissions import Act, require, require_creator
from node_links.services import entities
from node_links.services.changing import (
    annotated,
    own_permissions,
    record_changes,
    with_permissions,
)
from node_links.services.nodes.syncing import sync_nodes
from node_links.versions import Version
from spindles.choices import SpindleStatus
from spindles.definitions import limits
from spindles.definitions.changes import changes_between
from spindles.definitions.definition import Definition
from spindles.definitions.references import references_of
from spindles.definitions.rewriting import VIEWS, rewrite
from spindles.models import Spindle
from spindles.services.defining import (
    definition_of,
    draw,
    save_looks,
    store_definition,
    with_declarations,
)
from spindles.services.problems import check_triggers
from spindles.services.references import link_references, note_references
from spindles.services.slugs import slug_of, unique_slug
from spindles.services.states import allowed_after

ALWAYS_OPEN = frozenset({"metadata", "tags", "permissions", "owner_id"})
"""These say nothing of what is done, and stay open until the spindle is archived."""
# What `nodes.describe` looks at, besides the drawing.
SHOWN = frozenset({"name", "description", "tags", "spindle_type"})


def create_spindle(
    *, actor: Actor, name: str, slug: str | None = None, version: str = "1.0.0", **values: Any
) -> Spindle:
    """Create a draft of the actor's and let it join the graph.

    `values` are fields of the spindle; `steps`, `canvas` and `triggers` say what is drawn. The
    slug is made from the name where none is given. Raises `Forbidden`, `ValidationFailed`,
    `Conflict` (`duplicate`: the slug is taken).
    """
    require_creator(actor)
    with joined_transaction():
        views = {view: values.pop(view) for view in VIEWS if view in values}
        number = str(Version.parse(version))
        definition = rewrite(Definition(), views)
        check_triggers(definition.triggers, views)
        values = with_declarations(values) | own_permissions(actor, values.get("permissions"))
        spindle = Spindle(
            organization_id=actor.tenant_id,
            name=name,
            slug=slug_of(name) if slug is None else checked_slug(slug),
            version=number,
            **values,
        )
        draw(spindle, definition)
        references = list(references_of(definition.steps))
        wanted = note_references(spindle, references)
        with unique_slug(spindle):
            insert_rows([spindle])
        sync_nodes(entity=spindle, is_new=True)
        record_event(
            actor=actor,
            entity=spindle,
            event_type="WorkflowCreated",
            data={
                "workflow_id": str(spindle.pk),
                "slug": spindle.slug,
                "version": number,
                "name": name,
                "created_by": str(actor.user_id) if actor.user_id else None,
            },
        )
        if wanted:
            link_references(actor=actor, spindle=spindle, wanted=wanted)
    return spindle


def update_spindle(
    *,
    actor: Actor,
    pk: UUID,
    values: dict[str, Any],
    expected_revision: int | None = None,
    locked: Spindle | None = None,
) -> Spindle:
    """Change the given fields of a spindle; what changes nothing leaves no trace.

    `steps`, `canvas` and `triggers` replace what is drawn. `locked` is the spindle where the caller
    holds its row in this transaction already. Raises `NotFound`, `Forbidden`, `RevisionConflict`,
    `InvalidTransition` (a field is closed in the spindle's status: none is changed),
    `ValidationFailed` (also `immutable`: the slug).
    """
    with joined_transaction():
        spindle = entities.lock_entity(
            Spindle, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, spindle, Act.EDIT)
        refuse_immutable(spindle, values)
        values = with_declarations(with_permissions(actor, spindle, values))
        before = definition_of(spindle)
        views = {view: values.pop(view) for view in VIEWS if view in values}
        after = rewrite(before, views) if views else before
        check_triggers(after.triggers, views)
        drawn = changes_between(before, after)
        values.pop("slug", None)
        changes = entities.changes_of(spindle, values)
        refuse_closed(spindle, [*changes, *drawn])
        _apply(spindle, changes, after if views else None)
        if not changes and not drawn:
            if after != before:
                save_looks(spindle)
            return spindle
        with annotated(spindle, changes):
            if drawn:
                store_definition(actor=actor, spindle=spindle, before=before, also=changes)
            else:
                entities.save_entity(spindle, changes)
                if not SHOWN.isdisjoint(changes):
                    sync_nodes(entity=spindle)
        record_changes(actor, spindle, {**changes, **drawn})
    return spindle


def checked_slug(slug: str) -> str:
    """Return the slug. Raises `ValidationFailed` where it has not the form of one."""
    if not limits.SLUG.match(slug) or len(slug) > limits.MAX_SLUG:
        raise ValidationFailed.of(
            "/slug", "invalid", "Letters, digits, _ and -, with a letter or digit in front."
        )
    return slug


def refuse_closed(spindle: Spindle, names: Iterable[str]) -> None:
    """Raise `InvalidTransition` where one of the fields cannot be changed in the present status."""
    archived = spindle.status == SpindleStatus.ARCHIVED
    closed = sorted(name for name in names if archived or name not in ALWAYS_OPEN)
    if spindle.status != SpindleStatus.DRAFT and closed:
        raise InvalidTransition(
            spindle.status,
            allowed=allowed_after(spindle.status),
            detail=f"{', '.join(closed)} cannot be changed: no draft is open.",
        )


def refuse_immutable(spindle: Spindle, values: dict[str, Any]) -> None:
    """Raise `ValidationFailed` (`immutable`) where the slug is to be another one."""
    if values.get("slug", spindle.slug) != spindle.slug:
        error = FieldError("/slug", "immutable", "The slug stays as it is.")
        raise ValidationFailed(errors=[error])


def _apply(spindle: Spindle, changes: dict[str, dict[str, Any]], after: Definition | None) -> None:
    for name, change in changes.items():
        setattr(spindle, name, change["new"])
    if after is not None:
        draw(spindle, after)
