"""What the admin's pages share: services refuse, the page tells it, and nothing typed is lost."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.admin.theme import AnyModelForm, ModelAdmin, display
from config.exceptions import DomainError

_REFUSAL = "_refusal"


class RefusableForm(AnyModelForm):
    """A form that shows why a service refused what it had sent."""

    refusal: ClassVar[DomainError | None] = None

    def clean(self) -> dict[str, Any] | None:
        """Put each violation beside its field, the rest above the form."""
        cleaned = super().clean()
        if self.refusal is not None:
            for name, message in explain(self.refusal):
                self.add_error(name if name in self.fields else None, message)
        return cleaned


def explain(refusal: DomainError) -> list[tuple[str, str]]:
    """Return (field, sentence) of everything that is wrong; the field is empty for the whole."""
    if not refusal.errors:
        return [("", refusal.detail)]
    return [(_field(error.pointer), error.message) for error in refusal.errors]


def _field(pointer: str) -> str:
    return pointer.lstrip("/").partition("/")[0]


class OperatorAdmin(ModelAdmin):
    """An admin page whose writes go through services.

    `save_model`, `save_formset` and `delete_model` of subclasses call a service and let a
    `DomainError` pass. It ends the transaction; the page is then built a second time with the
    refusal inside, from the same input.
    """

    list_per_page = 50
    show_full_result_count = False
    form: type[AnyModelForm] = RefusableForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or save; a refusal is shown in the form."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            setattr(request, _REFUSAL, refusal)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[AnyModelForm]:
        """Hand the refusal of this request, if there was one, to the form."""
        form: type[AnyModelForm] = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, _REFUSAL, None)})

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete; a refusal is shown above the object."""
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            names = self.opts.app_label, self.opts.model_name
            return redirect("admin:{}_{}_change".format(*names), object_id)
        return response

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer no bulk deletion: it would pass the services by."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class OfTenant:
    """A column for the organisation of a row; the list reads it along."""

    @display(description="Organisation", ordering="organization__name")
    def tenant(self, row: Any) -> str:
        """Return its name."""
        return str(row.organization.name)


class ReadOnlyAdmin(OperatorAdmin):
    """A page for looking, whatever rights the operator has."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is made here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted here."""
        return False
