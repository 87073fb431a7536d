"""What a link that somebody makes must keep to."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from config.exceptions import FieldError, ValidationFailed
from node_links.choices import STRONG, WEAK
from node_links.links.compatibility import allows, pairs_allow
from node_links.links.drafts import LATEST, Address, LinkDraft
from node_links.models import NodeLinkType
from node_links.versions import Version

MANY_CONNECTIONS, MANY_TRIGGERS = 10, 5
TRIGGERS = "triggers"
_PLACES = Decimal("0.0001")

Kinds = Mapping[str, NodeLinkType]


def faults_of_ends(
    source: Address | None, target: Address | None, link_type: str | None, kinds: Kinds
) -> list[FieldError]:
    """Return what is wrong with joining the two by this type.

    None stands for what could not be read and is told of elsewhere. `kinds` are the types that
    the organisation has, by name.
    """
    kind = None if link_type is None else kinds.get(link_type)
    faults = []
    if source is not None and source == target:
        message = "A link leads from one node to another one."
        faults.append(FieldError("/target_entity_id", "self_link", message))
    if link_type is not None and kind is None:
        message = f"There are: {', '.join(sorted(kinds))}."
        faults.append(FieldError("/link_type", "invalid_choice", message))
    if source and target and kind and not is_compatible(kind, source.feature, target.feature):
        message = f"{link_type} does not join {source.feature} and {target.feature}."
        faults.append(FieldError("/link_type", "incompatible_link_type", message))
    return faults


def faults_of(draft: LinkDraft, kinds: Kinds) -> list[FieldError]:
    """Return everything that is wrong with `draft`."""
    faults = faults_of_ends(draft.source, draft.target, draft.link_type, kinds)
    if not (draft.base_strength.is_finite() and 0 <= draft.base_strength <= 1):
        faults.append(FieldError("/base_strength", "invalid", "A share from 0 to 1 is needed."))
    try:
        read_pin(draft.version_pin)
    except ValidationFailed as error:
        faults.extend(error.errors)
    return faults


def is_compatible(kind: NodeLinkType, source_feature: str, target_feature: str) -> bool:
    """Return whether links of this type may join the two features."""
    if kind.organization_id is None:
        return allows(kind.type_name, source_feature, target_feature)
    return pairs_allow(kind.allowed_pairs, source_feature, target_feature)


def read_pin(text: str) -> str:
    """Return a version pin in its one spelling: latest, published, or a number x.y.z.

    Raises `ValidationFailed` (`invalid_version`).
    """
    if text in (LATEST, "published"):
        return text
    return str(Version.parse(text, pointer="/version_pin"))


def round_strength(value: float | Decimal) -> Decimal:
    """Return a strength with the four places that are stored, half up."""
    return Decimal(str(value)).quantize(_PLACES, ROUND_HALF_UP)


def strength_class(strength: Decimal) -> str:
    """Return `strong` from 0.7, `weak` up to 0.3, else `moderate`."""
    if strength >= STRONG:
        return "strong"
    return "weak" if strength <= WEAK else "moderate"
