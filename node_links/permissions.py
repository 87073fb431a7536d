"""What a member may do with one entity: the organisation role plus the entity's own lists.

`permissions = {owner, editors[], viewers[], publishers[], executors[], archivers[]}` holds ids of
users. Object permissions add to roles; an organisation's editors count as listed editors of all.
"""

from enum import StrEnum
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from accounts.choices import Role
from accounts.models import Membership
from config.exceptions import FieldError, Forbidden, ValidationFailed
from node_links.models import NodeEntity

LISTS = ("editors", "viewers", "publishers", "executors", "archivers")
CREATING = "Creating needs the role editor or a higher one."
_EMPTY: dict[str, Any] = {name: [] for name in LISTS}


class Act(StrEnum):
    """Something one may be allowed to do with an entity."""

    EDIT = "edit"
    PUBLISH = "publish"
    EXECUTE = "execute"
    ARCHIVE = "archive"
    ADMINISTER = "administer"
    RESTORE = "restore"
    AUDIT = "read the audit trail of"


# Which lists, besides owner and administrators, allow the act.
_ALLOWED_BY: dict[Act, tuple[str, ...]] = {
    Act.EDIT: ("editors",),
    Act.PUBLISH: ("editors", "publishers"),
    Act.EXECUTE: ("editors", "executors"),
    Act.ARCHIVE: ("editors", "archivers"),
    Act.ADMINISTER: (),
    Act.AUDIT: ("editors", "viewers"),
}


def may(actor: Actor, entity: NodeEntity, act: Act) -> bool:
    """Return whether `actor` may do `act` with `entity`."""
    if actor.is_administrator:
        return True
    if act == Act.RESTORE:
        return False
    if actor.user_id is not None and actor.user_id == entity.owner_id:
        return True
    lists = _ALLOWED_BY[act]
    if "editors" in lists and actor.at_least(Role.EDITOR):
        return True
    return any(str(actor.user_id) in entity.permissions.get(name, ()) for name in lists)


def require(actor: Actor, entity: NodeEntity, act: Act) -> None:
    """Raise `Forbidden` unless `actor` may do `act` with `entity`."""
    if not may(actor, entity, act):
        raise Forbidden(f"You may not {act.value} this.")


def may_create(actor: Actor) -> bool:
    """Return whether `actor` may create entities: editors and above."""
    return actor.at_least(Role.EDITOR)


def require_creator(actor: Actor) -> None:
    """Raise `Forbidden` unless `actor` may create entities."""
    if not may_create(actor):
        raise Forbidden(CREATING)


def require_no_change(actor: Actor, entity: NodeEntity, permissions: object) -> None:
    """Raise `Forbidden` where `permissions` differ from the entity's, unless `actor` may change
    them."""
    if may(actor, entity, Act.ADMINISTER):
        return
    given = permissions if isinstance(permissions, dict) else {"": permissions}
    unset = {**_EMPTY, "owner": _text(entity.owner_id)}
    if {**unset, **given} != {**unset, **entity.permissions}:
        raise Forbidden("You may not change the permissions of this.")


def normalise(
    actor: Actor, permissions: dict[str, Any], *, owner_id: UUID | None
) -> dict[str, Any]:
    """Return `permissions` with every list present and without repetition, and with an owner.

    Where they name no owner, `owner_id` (the present one, or the creator) is it. Raises
    `ValidationFailed`: `unknown_field`, `invalid`, or `not_a_member` for each user who does not
    belong to the organisation.
    """
    errors = [
        FieldError(f"/permissions/{name}", "unknown_field", "There is no such list.")
        for name in permissions
        if name not in ("owner", *LISTS)
    ]
    lists = {name: permissions.get(name) or [] for name in LISTS}
    errors += [
        FieldError(f"/permissions/{name}", "invalid", "A list of user ids is needed.")
        for name, ids in lists.items()
        if not (isinstance(ids, list) and all(isinstance(i, str) for i in ids))
    ]
    if errors:
        raise ValidationFailed(errors=errors)
    lists = {name: [_canonical(user) for user in ids] for name, ids in lists.items()}
    owner = permissions.get("owner")
    _require_members(actor, lists, None if owner is None else _canonical(str(owner)))
    unique: dict[str, Any] = {name: list(dict.fromkeys(ids)) for name, ids in lists.items()}
    return {"owner": _text(owner_id) if owner is None else _canonical(str(owner)), **unique}


def _text(user_id: UUID | None) -> str | None:
    return None if user_id is None else str(user_id)


def _canonical(user: str) -> str:
    """Return a UUID in its one spelling; anything else, which is nobody's id, as it is."""
    try:
        return str(UUID(user))
    except ValueError:
        return user


def _require_members(actor: Actor, lists: dict[str, list[str]], owner: str | None) -> None:
    named = [
        (f"/permissions/{name}/{i}", user) for name in LISTS for i, user in enumerate(lists[name])
    ]
    if owner is not None:
        named.append(("/permissions/owner", owner))
    if not named:
        return
    members = {
        str(user_id)
        for user_id in Membership.objects.visible_to(actor).values_list("user_id", flat=True)
    }
    errors = [
        FieldError(pointer, "not_a_member", "This is not a member of the organisation.")
        for pointer, user in named
        if user not in members
    ]
    if errors:
        raise ValidationFailed(errors=errors)
