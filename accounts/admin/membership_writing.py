"""Memberships as they were typed into a form, written through the services."""

from collections.abc import Iterable

from accounts.actors import Actor
from accounts.choices import RANK, Role
from accounts.models import Membership
from accounts.services import add_member, change_role, remove_member


def apply_memberships(
    *,
    actor: Actor,
    new: Iterable[Membership] = (),
    changed: Iterable[Membership] = (),
    removed: Iterable[Membership] = (),
) -> None:
    """Write what a form holds. Raises what the services raise, above all `LastOwner`.

    Who rises comes first: an organisation may change its only owner in one go.
    """
    for membership in new:
        add_member(actor=actor, email=membership.user.email, role=Role(membership.role))
    for membership in sorted(changed, key=lambda row: -RANK[row.role]):
        # The form's row carries the new role already; the service judges by the present one.
        present = Membership.objects.get(pk=membership.pk)
        change_role(actor=actor, membership=present, role=Role(membership.role))
    for membership in removed:
        remove_member(actor=actor, membership=membership)
