"""People: who may sign in, and who of them are operators."""

import django.contrib.auth.admin  # noqa: F401 -- registers the group page that is replaced here
import rest_framework_simplejwt.token_blacklist.admin  # noqa: F401 -- likewise: it shows tokens
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import Membership, User
from config.admin.base import OperatorAdmin
from config.admin.theme import (
    AdminPasswordChangeForm,
    DjangoGroupAdmin,
    DjangoUserAdmin,
    TabularInline,
    UserChangeForm,
    UserCreationForm,
    display,
)

for _model in (Group, OutstandingToken, BlacklistedToken):
    admin.site.unregister(_model)

_RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NewUserForm(UserCreationForm):
    """A new account; addresses are kept in lower case, as they are compared."""

    class Meta:
        model = User
        fields = ("email", "name")
        field_classes: dict[str, type] = {}

    def clean_email(self) -> str:
        """Fold the case."""
        return str(self.cleaned_data["email"]).lower()


class UserForm(UserChangeForm):
    """An account that exists."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, type] = {}

    def clean_email(self) -> str:
        """Fold the case."""
        return str(self.cleaned_data["email"]).lower()


class UserMemberships(TabularInline):
    """Where the person belongs; changed on the page of the organisation."""

    model = Membership
    fields = ("organization", "role", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Read the organisations along."""
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.select_related("organization")

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Members are added where the organisation is."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Roles are changed there too."""
        return False


@admin.register(User)
class UserAdmin(OperatorAdmin, DjangoUserAdmin):
    """Accounts. Nobody is deleted: what a person did stays theirs; access is switched off."""

    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "organizations", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "date_joined")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    readonly_fields = ("last_login", "date_joined")
    inlines = (UserMemberships,)
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "is_active")}),
        ("Rights", {"fields": ("is_staff", "is_superuser", "groups"), "classes": ("tab",)}),
        ("Dates", {"fields": ("last_login", "date_joined"), "classes": ("tab",)}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Count the organisations."""
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.annotate(_organizations=Count("memberships"))

    @display(description="Organisations", ordering="_organizations")
    def organizations(self, user: User) -> int:
        """Return to how many the person belongs."""
        return int(getattr(user, "_organizations", 0))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let nobody give rights who does not hold them all."""
        given = tuple(super().get_readonly_fields(request, obj))
        return given if request.user.is_superuser else (*given, *_RIGHTS)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> tuple[type, ...]:
        """Show memberships of accounts that exist."""
        return self.inlines if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep a superuser's account, and so the password, to superusers."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted."""
        return False


@admin.register(Group)
class GroupAdmin(OperatorAdmin, DjangoGroupAdmin):
    """Rights that several operators share."""

    list_display = ("name",)
