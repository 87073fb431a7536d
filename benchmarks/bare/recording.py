"""What a plain project adds so that a change leaves an event and an audit row: two inserts."""

from typing import Any

from django.db import models, transaction
from rest_framework import viewsets
from rest_framework.serializers import BaseSerializer

from benchmarks.bare.models import Audit, Event


class Recorded(viewsets.ModelViewSet[Any]):
    """Writes with their event and their audit row, in one transaction."""

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """Insert, and record what is there now."""
        with transaction.atomic():
            row = serializer.save()
            record(row, "created", {}, values_of(row))

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        """Update, and record what is different."""
        assert serializer.instance is not None
        before = values_of(serializer.instance)
        with transaction.atomic():
            row = serializer.save()
            record(row, "updated", before, values_of(row))


def values_of(row: models.Model) -> dict[str, Any]:
    """Return the values of the columns that were read."""
    return {
        field.attname: row.__dict__[field.attname]
        for field in row._meta.concrete_fields
        if field.attname in row.__dict__
    }


def record(row: models.Model, act: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Insert the event and the audit row of a change; only what differs is in them."""
    names = [name for name, value in after.items() if before.get(name) != value]
    old = {name: before[name] for name in names if name in before}
    new = {name: after[name] for name in names}
    table = row._meta.db_table
    Event.objects.create(type=f"{table}_{act}", entity_id=row.pk, data={"changed": names})
    Audit.objects.create(table_name=table, record_id=row.pk, old_values=old, new_values=new)
