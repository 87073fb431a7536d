"""What is done to every versioned entity, as dialogues of its page: forms, and how each is offered.

A page decorates its own methods with these, because services differ; the words do not.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from config.admin.theme import BaseDialogForm, F, action
from node_links.choices import Bump

FormClass = type[BaseDialogForm]


class PublishForm(BaseDialogForm):
    """What to say of the version."""

    notes = forms.CharField(
        required=False, max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


class ReasonForm(BaseDialogForm):
    """Why."""

    reason = forms.CharField(required=False, max_length=500, widget=UnfoldAdminTextInputWidget())


class BumpForm(BaseDialogForm):
    """Which part of the number goes up."""

    bump = forms.TypedChoiceField(
        choices=Bump.choices, coerce=Bump, initial=Bump.MINOR, widget=UnfoldAdminSelectWidget()
    )


def dialogue(
    name: str,
    *,
    icon: str,
    permission: str,
    title: str,
    told: str = "",
    submit: str = "",
    form_class: FormClass | None = None,
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Callable[[F], F]:
    """Offer a method as the button `name` of the page, which asks before it calls it.

    `told` stands under the title, `submit` on the button that does it (by default `name`).
    """
    shown: dict[str, Any] = {"title": title, "form_submit_text": submit or name}
    if told:
        shown["description"] = told
    if form_class:
        shown["form_class"] = form_class
    return action(
        description=name, icon=icon, permissions=[permission], variant=variant, dialog=shown
    )


def publishing(told: str, form_class: FormClass = PublishForm) -> Callable[[F], F]:
    """Offer to publish the open draft."""
    return dialogue(
        "Publish",
        icon="task_alt",
        permission="publish_it",
        title="Publish the draft",
        told=told,
        form_class=form_class,
        variant=ActionVariant.PRIMARY,
    )


def opening() -> Callable[[F], F]:
    """Offer to open the next draft of what is published."""
    return dialogue(
        "Open draft",
        icon="edit_note",
        permission="open_it",
        title="Open the next draft",
        told="The published version stays live until the draft is published.",
        submit="Open",
        form_class=BumpForm,
    )


def archiving(what: str, told: str, form_class: FormClass = ReasonForm) -> Callable[[F], F]:
    """Offer to archive `what`, for good."""
    return dialogue(
        "Archive",
        icon="inventory_2",
        permission="archive_it",
        title=f"Archive this {what}",
        told=f"For good: {told}",
        form_class=form_class,
    )


def deleting(what: str, told: str, form_class: FormClass = ReasonForm) -> Callable[[F], F]:
    """Offer to hide `what`; `told` says for how long it can be brought back."""
    return dialogue(
        "Delete",
        icon="delete",
        permission="delete_it",
        title=f"Delete this {what}",
        told=f"It is hidden and everything is kept; {told}",
        form_class=form_class,
        variant=ActionVariant.DANGER,
    )


def restoring(what: str, form_class: FormClass | None = None) -> Callable[[F], F]:
    """Offer to bring back `what`."""
    return dialogue(
        "Restore",
        icon="restore_from_trash",
        permission="restore_it",
        title=f"Restore this {what}",
        told="Brings it back exactly as it was.",
        form_class=form_class,
        variant=ActionVariant.PRIMARY,
    )
