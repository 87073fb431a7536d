"""Refusing a link that cannot be read, in the order in which everything is checked."""

from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

from accounts.actors import Actor
from config.api.pointers import field_errors
from config.exceptions import NotFound, ValidationFailed
from node_links.choices import FeatureType
from node_links.links.drafts import Address
from node_links.links.finding import find_nodes
from node_links.links.kinds import kinds_of
from node_links.links.rules import faults_of_ends
from node_links.services.links.creating import require_ends
from node_links.services.links.permitting import require_editable


def refuse(actor: Actor, data: Any, errors: Any) -> NoReturn:
    """Raise what is wrong with the body of a new link, whose fields have `errors`.

    What does not exist comes before what is not allowed, that before wrong values; and those are
    told together with what the ends and the type themselves forbid.
    """
    faults = field_errors(errors)
    absent = [fault for fault in faults if fault.code == "does_not_exist"]
    if absent:
        raise NotFound("One of the ends does not exist.", errors=absent)
    body = data if isinstance(data, Mapping) else {}
    source, target = _read(body, "source"), _read(body, "target")
    readable = [end for end in (source, target) if end is not None]
    if readable:
        nodes = find_nodes(organization_id=actor.tenant_id, addresses=readable)
        # An end that cannot be read is told of below; here it counts as the other one.
        require_ends(nodes, source=source or readable[0], target=target or readable[0])
    if source is not None:
        require_editable(actor, source.entity)
    kind = body.get("link_type")
    told = {fault.pointer for fault in faults}
    name = kind if isinstance(kind, str) and "/link_type" not in told else None
    raise ValidationFailed(errors=[*faults, *faults_of_ends(source, target, name, kinds_of(actor))])


def _read(body: Mapping[str, Any], end: str) -> Address | None:
    """Return the address of one end, None where it is not well formed."""
    feature, node_id = body.get(f"{end}_feature"), body.get(f"{end}_node_id")
    if feature not in FeatureType.values or not isinstance(node_id, str | None):
        return None
    try:
        return Address(str(feature), UUID(body[f"{end}_entity_id"]), node_id)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
