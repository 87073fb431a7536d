"""Organisations and their members."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from accounts.admin.membership_writing import apply_memberships
from accounts.admin.operators import operator_of
from accounts.models import AccessKey, Membership, Organization, User
from accounts.services import create_organization
from config.admin.base import OperatorAdmin, RefusableForm
from config.admin.theme import AnyModelForm, TabularInline, display


class NewOrganizationForm(RefusableForm):
    """An organisation begins with an owner."""

    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True), help_text="Who looks after it from the first day."
    )

    class Meta:
        model = Organization
        fields = ("name", "slug")


class MemberForm(AnyModelForm):
    """A member; who it is stays, the role may change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding:
            self.fields["user"].disabled = True


class Members(TabularInline):
    """Who belongs to the organisation."""

    model = Membership
    form = MemberForm
    fields = ("user", "role", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("user",)
    extra = 0
    tab = True
    verbose_name_plural = "Members"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Read the people along."""
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.select_related("user")


@admin.register(Organization)
class OrganizationAdmin(OperatorAdmin):
    """Tenants. None is deleted here: with it would go everything that it knows."""

    list_display = ("name", "slug", "members", "access_keys", "created_at")
    search_fields = ("name", "slug")
    readonly_fields = ("created_at", "updated_at")
    inlines = (Members,)
    fieldsets = (
        (None, {"fields": ("name", "slug")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"fields": ("name", "slug", "owner")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Count members and living keys."""
        rows: QuerySet[Organization] = super().get_queryset(request)
        return rows.annotate(
            _members=_count(Membership.objects.all()), _keys=_count(AccessKey.objects.usable())
        )

    @display(description="Members", ordering="_members")
    def members(self, organization: Organization) -> int:
        """Return how many people belong to it."""
        return int(getattr(organization, "_members", 0))

    @display(description="Access keys in use", ordering="_keys")
    def access_keys(self, organization: Organization) -> int:
        """Return how many keys are neither revoked nor expired."""
        return int(getattr(organization, "_keys", 0))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[AnyModelForm]:
        """Ask for the owner of a new one."""
        if obj is None:
            kwargs["form"] = NewOrganizationForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Organization | None) -> tuple[type, ...]:
        """Show members of what exists."""
        return self.inlines if obj else ()

    def get_readonly_fields(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> tuple[str, ...]:
        """Keep the slug: clients send it."""
        given = tuple(super().get_readonly_fields(request, obj))
        return (*given, "slug") if obj else given

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        """Create with an owner; afterwards only the name changes."""
        if change:
            obj.save(update_fields=["name", "updated_at"])
            return
        made = create_organization(name=obj.name, slug=obj.slug, owner=form.cleaned_data["owner"])
        obj.__dict__.update(made.__dict__)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Let the services add, change and remove members."""
        formset.save(commit=False)
        formset.save_m2m()
        apply_memberships(
            actor=operator_of(request, form.instance.pk),
            new=formset.new_objects,
            changed=[membership for membership, _ in formset.changed_objects],
            removed=formset.deleted_objects,
        )

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """Nothing is deleted here."""
        return False


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = (
        rows.filter(organization=OuterRef("pk"))
        .order_by()
        .values("organization")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(counted), 0)
