"""The platform's own link types."""

from django.db import connections

from accounts.actors import system_actor
from accounts.tenancy import scope
from node_links.choices import DEFAULT_LINK_TYPES


def ensure_default_link_types(*, using: str, **_: object) -> None:
    """Write the default link types where they are missing; what operators changed stays.

    Connected to `post_migrate`, so that an emptied test database gets them back.
    """
    from node_links.models import NodeLinkType

    if NodeLinkType._meta.db_table not in connections[using].introspection.table_names():
        return
    with scope(system_actor(), using=using):
        NodeLinkType.objects.using(using).bulk_create(
            [
                NodeLinkType(
                    type_name=name,
                    description=description,
                    color=color,
                    icon=icon,
                    is_bidirectional=both_ways,
                )
                for name, description, color, icon, both_ways in DEFAULT_LINK_TYPES
            ],
            ignore_conflicts=True,
        )
