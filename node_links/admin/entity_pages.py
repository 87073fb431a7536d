"""What the pages of every versioned entity share: acts by state, forms that know a revision."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import HttpRequest, HttpResponse

from accounts.actors import Actor
from accounts.admin.operators import operator_of
from config.admin.acting import act_on_one
from config.admin.base import OperatorAdmin, RefusableForm
from config.admin.theme import display
from config.exceptions import RevisionConflict
from node_links.admin.life_cycle import STATUS_COLOURS
from node_links.choices import EntityStatus
from node_links.models import NodeEntity

Write = Callable[[Actor, UUID], object]


class RevisionForm(RefusableForm):
    """An entity as it was when its page was opened; `seen_revision` says when that was.

    `editable` names the fields that services take, `nullable` those that are null when empty.
    """

    editable: ClassVar[Sequence[str]] = ()
    nullable: ClassVar[Sequence[str]] = ()

    @property
    def stale(self) -> bool:
        """Whether this form was refused because it shows an older state."""
        return isinstance(self.refusal, RevisionConflict)

    @property
    def expected_revision(self) -> int | None:
        """The revision the change is meant for; None to save over whatever is there."""
        revision: int | None = self.cleaned_data.get("seen_revision")
        return None if self.cleaned_data.get("overwrite") else revision

    @property
    def values(self) -> dict[str, Any]:
        """What was changed, as the services take it."""
        return {
            name: None if name in self.nullable and self.cleaned_data[name] == "" else
            self.cleaned_data[name]
            for name in self.changed_data
            if name in self.editable
        }  # fmt: skip


class EntityAdmin(OperatorAdmin):
    """Pages of an entity with drafts and versions: which act its state allows."""

    @display(description="Status", ordering="status", label=STATUS_COLOURS | {"deleted": "danger"})
    def state(self, entity: NodeEntity) -> str:
        """Return the status, or that it is deleted."""
        return "deleted" if entity.deleted_at else entity.status

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show what is deleted to look at and to restore."""
        deleted = isinstance(obj, NodeEntity) and obj.deleted_at is not None
        return not deleted and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting is a dialogue: nothing is ever removed."""
        return False

    def has_publish_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Publish an open draft."""
        return self._has_state(request, object_id, EntityStatus.DRAFT)

    def has_open_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Open a draft of what is published."""
        return self._has_state(request, object_id, EntityStatus.PUBLISHED)

    def has_archive_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Archive what is not archived."""
        return self._has_state(request, object_id, EntityStatus.DRAFT, EntityStatus.PUBLISHED)

    def has_delete_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Delete what is not archived."""
        return self.has_archive_it_permission(request, object_id)

    def has_restore_it_permission(self, request: HttpRequest, object_id: str) -> bool:
        """Restore what is deleted."""
        entity = self.entity_of_page(request, object_id)
        options = self.opts
        may = request.user.has_perm(f"{options.app_label}.change_{options.model_name}")
        return bool(entity and entity.deleted_at) and may

    def entity_of_page(self, request: HttpRequest, object_id: str) -> NodeEntity | None:
        """Return the entity of this page, read once for all the questions about its state."""
        seen: dict[str, NodeEntity | None] = request.__dict__.setdefault("_entities_seen", {})
        if object_id not in seen:
            try:
                rows = self.model.all_objects.only("status", "deleted_at")
                seen[object_id] = rows.get(pk=object_id)
            except (ObjectDoesNotExist, ValidationError):
                seen[object_id] = None
        return seen[object_id]

    def write_one(
        self, request: HttpRequest, object_id: str, done: str, write: Write
    ) -> HttpResponse:
        """Call `write` for the entity of a dialogue's page as its organisation's operator."""
        entity = self.model.all_objects.only("organization_id").get(pk=object_id)
        actor = operator_of(request, entity.organization_id)
        return act_on_one(request, entity, done, lambda: write(actor, entity.pk))

    def _has_state(self, request: HttpRequest, object_id: str, *states: str) -> bool:
        entity = self.entity_of_page(request, object_id)
        return bool(entity and entity.status in states) and self.has_change_permission(
            request, entity
        )
