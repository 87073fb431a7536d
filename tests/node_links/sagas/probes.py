"""A saga of three steps, each of which leaves one row that shows what took effect."""

from collections.abc import Callable
from typing import Any

from node_links.models import NodeLinkType
from node_links.sagas.definitions import Action, Compensation, SagaContext, SagaDefinition, Step

NAMES = ("one", "two", "three")


def write(name: str) -> Action:
    """Return an action that adds a row; a second one of the same name would be refused."""

    def act(context: SagaContext) -> dict[str, object]:
        row = NodeLinkType.objects.create(
            organization_id=context.actor.organization_id,
            type_name=f"{name}-{context.payload['mark']}",
            description=",".join(context.results),
        )
        return {"row": str(row.pk)}

    return act


def remove(name: str, undone: list[str] | None = None) -> Compensation:
    """Return the compensation of `write`, which also notes its name in `undone`."""

    def undo(context: SagaContext) -> None:
        if undone is not None:
            undone.append(name)
        NodeLinkType.objects.filter(pk=context.results[name]["row"]).delete()

    return undo


def probe(undone: list[str] | None = None, **others: Callable[..., Any]) -> SagaDefinition:
    """Return the saga `probe`; `others` take the place of actions, or of `undo_…` them."""
    return SagaDefinition(
        "probe",
        tuple(
            Step(
                name,
                others.get(name) or write(name),
                others.get(f"undo_{name}") or remove(name, undone),
            )
            for name in NAMES
        ),
    )
