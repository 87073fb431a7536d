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
                    type_name=kind.name,
                    description=kind.description,
                    color=kind.color,
                    icon=kind.icon,
                    is_bidirectional=kind.both_ways,
                    change_travels=kind.change_travels,
                )
                for kind in DEFAULT_LINK_TYPES
            ],
            ignore_conflicts=True,
        )
