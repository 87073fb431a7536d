"""Writing SOPs: create, change, delete, restore, publish, archive."""

import hashlib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.models import User
from config.db import joined_transaction
from config.exceptions import InvalidTransition, NotFound, ValidationFailed
from config.rows import insert_rows
from knowledge_base.exceptions import SopInUse
from knowledge_base.markdown.keywords import extract_keywords
from knowledge_base.models import Sop, SopVersion
from knowledge_base.nodes import SHOWN
from knowledge_base.references import keys_of_sop
from knowledge_base.services.references import (
    detach_references,
    heal_references,
    sync_references,
)
from node_links.audit.annotating import annotate
from node_links.choices import Bump, EntityStatus, LinkOrigin
from node_links.events.recording import record_event
from node_links.models import NodeLink
from node_links.permissions import Act, require, require_creator
from node_links.services import entities
from node_links.services.changing import (
    Changes,
    annotated,
    own_permissions,
    record_changes,
    with_permissions,
)
from node_links.services.nodes.syncing import sync_nodes
from node_links.services.versions import (
    HEAD,
    get_snapshot,
    open_version,
    publish_entity,
    require_draft,
)

# Keywords come from the beginning of a text, in characters: extraction takes time in every write.
KEYWORDS_FROM = 3000
# A change of these is a change of the published text; it opens the next draft by itself.
TEXT = ("title", "content", "summary", "category")
# These stay open even when the SOP is archived.
ALWAYS_OPEN = ("tags", "metadata", "permissions", "owner_id")


def create_sop(*, actor: Actor, with_references: bool = True, **values: Any) -> Sop:
    """Create a draft and let it join the graph. Raises `Forbidden`, `ValidationFailed`, `NotFound`.

    An import creates its SOPs without references and resolves those of all of them afterwards.
    """
    require_creator(actor)
    with joined_transaction():
        values |= own_permissions(actor, values.get("permissions"))
        sop = Sop(organization_id=actor.tenant_id, **values)
        sop.author = sop.author or _name_of(actor)
        _require_prerequisites(actor, sop)
        _derive(sop, text_changed=True, keywords_given=bool(values.get("search_keywords")))
        insert_rows([sop])
        sync_nodes(entity=sop, is_new=True)
        record_event(
            actor=actor,
            entity=sop,
            event_type="SopCreated",
            data={"name": sop.title, "version": sop.version},
        )
        if with_references:
            sync_references(actor=actor, sop=sop, is_new=True)
            heal_references(actor=actor, sop=sop)
    return sop


def update_sop(
    *,
    actor: Actor,
    pk: UUID,
    values: dict[str, Any],
    expected_revision: int | None = None,
    bump: Bump = Bump.MINOR,
    with_references: bool = True,
    locked: Sop | None = None,
) -> Sop:
    """Change the given fields of an SOP; what changes nothing leaves no trace.

    `locked` is the SOP where the caller holds its row in this transaction already. Changing the
    text of a published SOP opens the next draft (`bump`), once per draft. Raises `NotFound`,
    `Forbidden`, `RevisionConflict`, `InvalidTransition` (archived), `ValidationFailed`.
    """
    with joined_transaction():
        sop = entities.lock_entity(
            Sop, actor=actor, pk=pk, expected_revision=expected_revision, locked=locked
        )
        require(actor, sop, Act.EDIT)
        values = with_permissions(actor, sop, values)
        changes = entities.changes_of(sop, values)
        if not changes:
            return sop
        refuse_closed(sop, changes)
        opens = sop.status == EntityStatus.PUBLISHED and not changes.keys().isdisjoint(TEXT)
        if opens:
            open_version(actor=actor, entity=sop, bump=bump, save=False)
        keys = sop.reference_keys
        with _annotated(sop, changes, opens=opens):
            _apply(actor, sop, changes, also=HEAD if opens else ())
        record_changes(actor, sop, _told(changes))
        if with_references:
            _follow_references(actor, sop, changes, keys)
    return sop


def delete_sop(
    *, actor: Actor, pk: UUID, expected_revision: int | None = None, reason: str = ""
) -> None:
    """Hide an SOP, keeping everything. Raises `SopInUse`, `InvalidTransition`, as `update_sop`."""
    with joined_transaction():
        sop = entities.lock_entity(Sop, actor=actor, pk=pk, expected_revision=expected_revision)
        refuse_deletion(actor=actor, sop=sop)
        entities.soft_delete_entity(actor=actor, entity=sop, reason=reason)
        detach_references(actor=actor, sop=sop)


def refuse_deletion(*, actor: Actor, sop: Sop, with_links: bool = False) -> None:
    """Raise what stands against deleting a living SOP.

    That is `Forbidden`, `InvalidTransition` (archived) or `SopInUse`. `with_links` says that its
    links will go before it; what names it as a prerequisite stays.
    """
    require(actor, sop, Act.ADMINISTER)
    entities.refuse_archived(sop)
    _require_unused(actor, sop, links_too=not with_links)


def restore_sop(*, actor: Actor, pk: UUID, expected_revision: int | None = None) -> Sop:
    """Undo a deletion. Raises as `entities.restore_entity`."""
    with joined_transaction():
        sop = entities.restore_entity(Sop, actor=actor, pk=pk, expected_revision=expected_revision)
        sync_references(actor=actor, sop=sop, relink=True)
        heal_references(actor=actor, sop=sop)
    return sop


def publish_sop(
    *,
    actor: Actor,
    pk: UUID,
    version: str | None = None,
    notes: str = "",
    expected_revision: int | None = None,
) -> Sop:
    """Publish the open draft. Raises as `versions.publish_entity`."""
    with joined_transaction():
        sop = entities.lock_entity(Sop, actor=actor, pk=pk, expected_revision=expected_revision)
        require(actor, sop, Act.PUBLISH)
        publish_entity(SopVersion, actor=actor, entity=sop, version=version, notes=notes)
    return sop


def open_sop_version(
    *, actor: Actor, pk: UUID, bump: Bump, notes: str = "", expected_revision: int | None = None
) -> Sop:
    """Open the next draft of a published SOP. Raises as `versions.open_version`."""
    with joined_transaction():
        sop = entities.lock_entity(Sop, actor=actor, pk=pk, expected_revision=expected_revision)
        require(actor, sop, Act.EDIT)
        open_version(actor=actor, entity=sop, bump=bump, notes=notes)
    return sop


def rollback_sop(
    *, actor: Actor, pk: UUID, version: str, expected_revision: int | None = None
) -> Sop:
    """Bring a published version's content back into the open draft, whose number stays.

    A draft that says the same already is left as it is. Raises `NotFound` (no such version),
    `InvalidTransition` (no draft open).
    """
    with joined_transaction():
        sop = entities.lock_entity(Sop, actor=actor, pk=pk, expected_revision=expected_revision)
        require(actor, sop, Act.EDIT)
        snapshot = get_snapshot(SopVersion, entity=sop, version=version, pointer="/version")
        require_draft(sop)
        content = {**snapshot.content}
        content["prerequisites"] = [UUID(value) for value in content["prerequisites"]]
        changes = entities.changes_of(sop, content)
        if not changes:
            return sop
        keys = sop.reference_keys
        data = {"restored_version": snapshot.version, "version": sop.version}
        with annotate(event_type="SopRolledBack", event_data={"action": "rollback", **data}):
            _apply(actor, sop, changes)
        record_event(actor=actor, entity=sop, event_type="SopRolledBack", data=data)
        _follow_references(actor, sop, changes, keys)
    return sop


def archive_sop(
    *, actor: Actor, pk: UUID, reason: str = "", expected_revision: int | None = None
) -> Sop:
    """Archive an SOP for good; its content stays readable. Raises `InvalidTransition`."""
    with joined_transaction():
        sop = entities.lock_entity(Sop, actor=actor, pk=pk, expected_revision=expected_revision)
        require(actor, sop, Act.ARCHIVE)
        entities.archive_entity(actor=actor, entity=sop, reason=reason)
    return sop


def refuse_closed(sop: Sop, names: Iterable[str]) -> None:
    """Raise `InvalidTransition` where one of the fields cannot be changed in the SOP's status."""
    closed = [name for name in names if name not in ALWAYS_OPEN]
    if sop.status == EntityStatus.ARCHIVED and closed:
        raise InvalidTransition(sop.status, detail=f"It is archived: {', '.join(closed)} stay.")


def _apply(actor: Actor, sop: Sop, changes: Changes, *, also: Iterable[str] = ()) -> None:
    for name, change in changes.items():
        setattr(sop, name, change["new"])
    if "prerequisites" in changes:
        _require_prerequisites(actor, sop)
    if "search_keywords" in changes:
        sop.keywords_extracted = False
    text_changed = not changes.keys().isdisjoint(TEXT)
    derived = _derive(sop, text_changed=text_changed, keywords_given=bool(sop.search_keywords))
    entities.save_entity(sop, {*changes, *derived, *also})
    if not SHOWN.isdisjoint({*changes, *derived} - {"reference_keys"}):
        sync_nodes(entity=sop)


def _annotated(sop: Sop, changes: Changes, *, opens: bool) -> AbstractContextManager[None]:
    """Return what the audit trail says of a change, where it is more than an edit."""
    if opens and "permissions" not in changes:
        act = {
            "action": "open_version",
            "version": sop.version,
            "previous_version": sop.published_version,
        }
        return annotate(event_type="SopDraftOpened", event_data=act)
    return annotated(sop, changes)


def _follow_references(actor: Actor, sop: Sop, changes: Changes, keys: list[str]) -> None:
    """Read the text's references again, and those to an SOP that goes by other names now."""
    if "content" in changes:
        sync_references(actor=actor, sop=sop)
    if sop.reference_keys != keys:
        detach_references(actor=actor, sop=sop)
        heal_references(actor=actor, sop=sop)


def _derive(sop: Sop, *, text_changed: bool, keywords_given: bool) -> list[str]:
    keys = keys_of_sop(title=sop.title, aliases=sop.aliases, source_path=sop.source_path)
    renamed = ["reference_keys"] if sop.reference_keys != keys else []
    sop.reference_keys = keys
    if not text_changed:
        return renamed
    sop.read_time = sop.document.read_time
    if sop.keywords_extracted or not keywords_given:
        sop.search_keywords = extract_keywords(
            f"{sop.title}. {sop.document.plain_text[:KEYWORDS_FROM]}"
        )
        sop.keywords_extracted = True
    return [*renamed, "read_time", "search_keywords", "keywords_extracted"]


def _require_prerequisites(actor: Actor, sop: Sop) -> None:
    wanted = set(sop.prerequisites)
    if sop.pk in wanted:
        raise ValidationFailed.of(
            "/prerequisites", "self_dependency", "An SOP is no prerequisite of itself."
        )
    if wanted and Sop.objects.filter(organization_id=actor.tenant_id, pk__in=wanted).count() != len(
        wanted
    ):
        raise NotFound("One of the prerequisites does not exist.")


def _require_unused(actor: Actor, sop: Sop, *, links_too: bool) -> None:
    dependents = Sop.objects.filter(
        organization_id=actor.tenant_id, prerequisites__contains=[sop.pk]
    )
    links = (
        NodeLink.objects.visible_to(actor)
        .arriving_at(sop.feature_type, sop.pk)
        .exclude(origin=LinkOrigin.RUNTIME)
        .exclude(origin=LinkOrigin.DERIVED, source_feature=sop.feature_type)
    )
    if not links_too:
        links = links.none()
    users = [
        {"kind": "prerequisite", "feature": sop.feature_type, "entity_id": str(pk)}
        for pk in dependents.values_list("pk", flat=True)
    ] + [
        {
            "kind": link.link_type,
            "feature": link.source_feature,
            "entity_id": str(link.source_entity_id),
        }
        for link in links
    ]
    if users:
        raise SopInUse("Others rely on this SOP; archive it instead.", extra={"users": users})


def _told(changes: Changes) -> Changes:
    """Name the content by its SHA-256: events say that a text changed, versions keep texts."""
    return {
        name: {
            side: _digest(value) if name == "content" else _plain(value)
            for side, value in change.items()
        }
        for name, change in changes.items()
    }


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _name_of(actor: Actor) -> str | None:
    if actor.user_id is None:
        return None
    user = User.objects.filter(pk=actor.user_id).only("name", "email").first()
    return user.get_short_name() if user else None
