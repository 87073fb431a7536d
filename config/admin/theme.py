"""The theme's classes as Django's: for type checkers they are what they extend.

The theme's own annotations contradict those of Django (a decorator that returns an `Action` which
nobody can call, class attributes typed as the empty tuple), so pages take them from here.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django import forms
    from django.contrib import admin
    from django.contrib.auth import admin as auth_admin
    from django.contrib.auth import forms as auth_forms

    AnyModelForm = forms.ModelForm[Any]

    class ModelAdmin(admin.ModelAdmin[Any]):
        """A page of a model."""

        add_fieldsets: Any
        actions_list: ClassVar[Any]
        actions_detail: ClassVar[Any]
        list_filter_submit: ClassVar[bool]
        list_filter_sheet: ClassVar[bool]
        warn_unsaved_form: ClassVar[bool]

    class TabularInline(admin.TabularInline[Any, Any]):
        """Rows of another model on a page."""

        tab: ClassVar[bool]

    class BaseDialogForm(forms.Form):
        """A form in a dialogue."""

    AdminPasswordChangeForm = auth_forms.AdminPasswordChangeForm[Any]
    UserCreationForm = auth_forms.AdminUserCreationForm[Any]
    UserChangeForm = auth_forms.UserChangeForm[Any]
    DjangoUserAdmin = auth_admin.UserAdmin[Any]
    DjangoGroupAdmin = auth_admin.GroupAdmin

    def _display(**options: Any) -> Callable[[F], F]:
        """Describe a column or a read-only field."""

    def action(**options: Any) -> Callable[[F], F]:
        """Describe an action."""
else:
    from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
    from django.forms import ModelForm as AnyModelForm
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.decorators import action
    from unfold.decorators import display as _display
    from unfold.forms import (
        AdminPasswordChangeForm,
        BaseDialogForm,
        UserChangeForm,
        UserCreationForm,
    )


def display(**options: Any) -> Callable[[F], F]:
    """Describe a column or a read-only field, which is computed once for each row.

    A page's templates ask a field for its contents seven times.
    """

    def describe(show: F) -> F:
        @wraps(show)
        def once(page: Any, row: Any) -> Any:
            shown = row.__dict__.setdefault("_shown", {})
            if show.__name__ not in shown:
                shown[show.__name__] = show(page, row)
            return shown[show.__name__]

        return _display(**options)(cast("F", once))

    return describe


__all__ = [
    "AdminPasswordChangeForm",
    "AnyModelForm",
    "BaseDialogForm",
    "DjangoGroupAdmin",
    "DjangoUserAdmin",
    "ModelAdmin",
    "TabularInline",
    "UserChangeForm",
    "UserCreationForm",
    "action",
    "display",
]
