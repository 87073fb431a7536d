"""Starting a run by hand: a form with a field for each input that the spindle declares."""

from typing import Any, ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.actors import Actor
from config.admin.theme import BaseDialogForm
from config.exceptions import ValidationFailed
from node_links.services.versions import get_snapshot
from spindles.admin.spindle_forms import spindle_row
from spindles.choices import Environment
from spindles.definitions.inputs import InputDefinition, complete_inputs, stored_inputs
from spindles.engine.starting import start_execution
from spindles.models import Execution, Spindle, SpindleVersion
from spindles.registry.runnables import runnables

_PREFIX = "input-"
_FREE = "inputs"
_BOOLEANS = [("", "—"), ("true", "true"), ("false", "false")]


class RunForm(BaseDialogForm):
    """The inputs of the live version, each in a field of its type; defaults are filled in.

    Where none is declared, everything that is sent is taken, as JSON.
    """

    version: ClassVar[str | None] = None

    environment = forms.ChoiceField(
        choices=Environment.choices,
        initial=Environment.PRODUCTION,
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read what is declared."""
        super().__init__(*args, **kwargs)
        known: Any = self.object_id  # type: ignore[attr-defined]  # the theme's form has it
        self.declared = _declared(spindle_row(known), self.version)
        for one in self.declared:
            self.fields[_PREFIX + one.name] = _field(one)
        if not self.declared:
            self.fields[_FREE] = forms.JSONField(
                required=False, initial={}, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5})
            )

    def clean(self) -> dict[str, Any] | None:
        """Check the inputs as a run would."""
        cleaned = super().clean()
        try:
            self.inputs = complete_inputs(self.declared, self._given())
        except ValidationFailed as refusal:
            for error in refusal.errors:
                name = _PREFIX + error.pointer.removeprefix("/inputs/")
                self.add_error(name if name in self.fields else None, error.message)
        return cleaned

    def start(self, actor: Actor, spindle: Spindle) -> Execution:
        """Start the run. Raises `DomainError`."""
        environment = self.cleaned_data["environment"]
        prepared = runnables.get(spindle.feature_type).prepare(
            actor=actor,
            target=str(spindle.pk),
            version=self.version,
            environment=environment,
            inputs=self.inputs,
        )
        return start_execution(actor=actor, prepared=prepared, environment=environment)

    def _given(self) -> dict[str, Any]:
        if not self.declared:
            free = self.cleaned_data.get(_FREE)
            if not isinstance(free or {}, dict):
                self.add_error(_FREE, "A JSON object is needed.")
                return {}
            return dict(free or {})
        values = {one.name: self.cleaned_data.get(_PREFIX + one.name) for one in self.declared}
        return {name: value for name, value in values.items() if value not in (None, "")}


class RunDraftForm(RunForm):
    """The inputs of the open draft, which runs in development only."""

    version = "draft"
    environment = forms.ChoiceField(
        choices=[(Environment.DEVELOPMENT.value, Environment.DEVELOPMENT.label)],
        widget=UnfoldAdminSelectWidget(),
    )


def _declared(spindle: Spindle, version: str | None) -> list[InputDefinition]:
    if version is not None or spindle.published_version is None:
        return stored_inputs(spindle.inputs)
    snapshot = get_snapshot(SpindleVersion, entity=spindle, version="published", pointer="/version")
    return stored_inputs(snapshot.content["inputs"])


def _field(one: InputDefinition) -> forms.Field:
    shared: dict[str, Any] = {
        "label": one.name,
        "required": one.required and one.default is None,
        "help_text": one.description or "",
        "initial": one.default,
    }
    match one.type:
        case "enum":
            values = list(one.values or ())
            return forms.TypedChoiceField(
                choices=[("", "—"), *((str(n), str(value)) for n, value in enumerate(values))],
                coerce=lambda number: values[int(number)],
                empty_value=None,
                widget=UnfoldAdminSelectWidget(),
                **shared
                | {"initial": str(values.index(one.default)) if one.default in values else ""},
            )
        case "boolean":
            return forms.TypedChoiceField(
                choices=_BOOLEANS,
                coerce=lambda text: text == "true",
                empty_value=None,
                widget=UnfoldAdminSelectWidget(),
                **shared | {"initial": "" if one.default is None else str(one.default).lower()},
            )
        case "integer":
            return forms.IntegerField(widget=UnfoldAdminTextInputWidget(), **shared)
        case "float":
            return forms.FloatField(widget=UnfoldAdminTextInputWidget(), **shared)
        case "json":
            return forms.JSONField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), **shared)
    return forms.CharField(widget=UnfoldAdminTextInputWidget(), **shared)
