"""Where an entity of a feature has its page."""

from uuid import UUID

from django.utils.safestring import SafeString

from config.admin.display import admin_link
from config.exceptions import ValidationFailed
from node_links.registry import features


def entity_link(feature_type: str, entity_id: UUID, text: str = "") -> SafeString | str:
    """Return a link to the entity, or its address as text where the feature has no page."""
    shown = text or f"{feature_type}:{entity_id}"
    try:
        model = features.get(feature_type).model
    except ValidationFailed:
        return shown
    return admin_link(model, entity_id, shown)
