"""Encrypting stored secrets with the first key of the list, so that earlier keys can be let go."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.tenancy import system_scope
from config.secrets import EncryptedTextField, UnreadableSecret, decrypt, is_current
from node_links.audit.annotating import annotate

BATCH = 200
_RAW = "_token_"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was found in so many rows: secrets under an earlier key, and those no key opens.

    `unreadable` are pairs of a column's name (`webhooks.secret`) and a row's id.
    """

    rows: int
    moved: int
    unreadable: tuple[tuple[str, str], ...] = ()


def encrypted_models() -> list[type[Model]]:
    """Return all models that keep secrets, by the name of their table."""
    found = [model for model in apps.get_models() if encrypted_fields(model)]
    return sorted(found, key=lambda model: model._meta.db_table)


def encrypted_fields(model: type[Model]) -> list[str]:
    """Return the names of the model's fields that are encrypted at rest."""
    fields = model._meta.local_concrete_fields
    return [field.name for field in fields if isinstance(field, EncryptedTextField)]


def count_rows(model: type[Model]) -> int:
    """Return how many rows of the model hold a secret."""
    with system_scope():
        return _holding(model).count()


def rotate_secrets(
    model: type[Model], *, dry_run: bool = False, batch: int = BATCH
) -> Iterator[Rotation]:
    """Encrypt the secrets of a model with the first key; yield what each batch held.

    Each batch is a transaction of its own. What is under the first key already stays as it is, so
    that an interrupted run goes on where it was. A secret that no key opens is left alone and told.
    With `dry_run` nothing is written.
    """
    last = None
    while True:
        with (
            system_scope(),
            annotate(event_type="SecretsReencrypted", event_data={"action": "rotate_keys"}),
        ):
            rows = _next(model, last, batch)
            found = [_rotate(model, row, dry_run=dry_run) for row in rows]
        if rows:
            yield Rotation(
                rows=len(rows),
                moved=sum(one.moved for one in found),
                unreadable=tuple(pair for one in found for pair in one.unreadable),
            )
            last = rows[-1]["pk"]
        if len(rows) < batch:
            return


def _holding(model: type[Model]) -> QuerySet[Any]:
    """Return the rows with at least one secret, deleted ones too."""
    wanted = Q()
    for name in encrypted_fields(model):
        wanted |= Q(**{f"{name}__isnull": False})
    return model._base_manager.filter(wanted)


def _next(model: type[Model], last: Any, batch: int) -> list[dict[str, Any]]:
    """Return the next rows by their id, locked: {pk, and each secret as it is stored}."""
    rows = _holding(model).select_for_update(of=("self",), no_key=True).order_by("pk")
    if last is not None:
        rows = rows.filter(pk__gt=last)
    # As plain text, which is not decrypted on the way.
    stored = {f"{_RAW}{name}": Cast(name, TextField()) for name in encrypted_fields(model)}
    return list(rows.annotate(**stored).values("pk", *stored)[:batch])


def _rotate(model: type[Model], row: dict[str, Any], *, dry_run: bool) -> Rotation:
    secrets: dict[str, str] = {}
    unreadable = []
    for name in encrypted_fields(model):
        token = row[f"{_RAW}{name}"]
        if token is None or is_current(token):
            continue
        try:
            secrets[name] = decrypt(token)
        except UnreadableSecret:
            unreadable.append((f"{model._meta.db_table}.{name}", str(row["pk"])))
    if secrets and not dry_run:
        model._base_manager.filter(pk=row["pk"]).update(**secrets)
    return Rotation(1, len(secrets), tuple(unreadable))
