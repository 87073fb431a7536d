"""Whether expressions name what is there and may be seen when they are evaluated."""

from collections.abc import Set

import orjson
from django.utils import timezone

from function_models.canvas.nodes import Action, Container, NestedData, TetherData
from function_models.context_access.access import NodeContext, decide
from function_models.context_access.hierarchy import ROOT, Hierarchy
from function_models.context_access.sensitive import is_sensitive
from function_models.validation.expressions import named_paths
from function_models.validation.findings import Findings
from function_models.validation.subject import Subject
from spindles.expressions.paths import split_path, template_paths

_LARGE_BYTES = 1_000_000


def check_steps(subject: Subject, findings: Findings) -> None:
    """`steps.` names what is upstream: dependencies, their actions, earlier actions beside it."""
    for node in subject.canvas.nodes:
        named = [one for one in named_paths(node) if one[1][0] == "steps" and len(one[1]) > 1]
        upstream = upstream_of(subject, node) if named else set()
        for field, path in named:
            if path[1] not in upstream:
                findings.fail(
                    "used_before_definition",
                    f"{path[1]} does not run before it.",
                    node_id=node.id,
                    field=field,
                )


def check_contexts(subject: Subject, findings: Findings) -> None:
    """`context.` names nodes whose context may be read from here."""
    hierarchy = Hierarchy.of(subject.canvas)
    for node in subject.canvas.nodes:
        for field, path in named_paths(node):
            if (
                path[0] == "context"
                and len(path) > 1
                and not _readable(subject, hierarchy, node.id, path[1])
            ):
                findings.fail(
                    "context_not_accessible",
                    f"The context of {path[1]} cannot be read from here.",
                    node_id=node.id,
                    field=field,
                )


def check_inheritance(subject: Subject, findings: Findings) -> None:
    """A nested model is given each context once and does not hand it back to where it is from."""
    for action in subject.canvas.actions:
        if not isinstance(action.data, NestedData):
            continue
        where = {"node_id": action.id, "field": "context_inheritance"}
        given = action.data.context_inheritance
        inherited, shared = set(given.inherited_contexts), set(given.shared_contexts)
        isolated = set(given.isolated_contexts)
        twice = sorted((inherited & isolated) | (shared & isolated))
        if twice:
            findings.fail(
                "duplicate_inheritance", f"Both given and isolated: {', '.join(twice)}.", **where
            )
        circular = sorted(name for name in inherited & shared)
        if circular:
            findings.fail(
                "circular_inheritance",
                f"Inherited from and shared with the same level: {', '.join(circular)}.",
                **where,
            )
        redefined = sorted(inherited & action.data.context.keys())
        if redefined:
            findings.warn(
                "context_redefined", f"Inherited and defined anew: {', '.join(redefined)}.", **where
            )


def check_secrets(subject: Subject, findings: Findings) -> None:
    """No secret of a context goes to an outside endpoint."""
    for action in subject.canvas.actions:
        data = action.data
        if not isinstance(data, TetherData) or data.integration_config is None:
            continue
        if not data.integration_config.endpoint:
            continue
        exposed = sorted(
            text
            for _, text in template_paths(data.execution_parameters)
            if any(map(is_sensitive, _parts(text)[1:]))
        )
        if exposed:
            findings.fail(
                "sensitive_value_exposed",
                f"It would send {', '.join(exposed)} to an outside endpoint.",
                node_id=action.id,
                field="execution_parameters",
            )


def check_size(subject: Subject, findings: Findings) -> None:
    """Contexts are notes, not stores."""
    for node in subject.canvas.nodes:
        if len(orjson.dumps(node.data.context)) > _LARGE_BYTES:
            findings.warn("large_context", "More than 1 MB.", node_id=node.id, field="context")


def upstream_of(subject: Subject, node: Container | Action) -> Set[str]:
    """Return the ids of all that has ended when `node` starts."""
    container_id = node.id if isinstance(node, Container) else node.parent_id or ""
    before = set(subject.graph.all_dependencies_of(container_id))
    inside = {action.id for known in before for action in subject.actions_of(known)}
    if isinstance(node, Container):
        return before | inside
    order = node.data.execution_order
    beside = {
        action.id
        for action in subject.actions_of(container_id)
        if action.data.execution_order < order
    }
    return before | inside | beside


def _readable(subject: Subject, hierarchy: Hierarchy, requester: str, target: str) -> bool:
    if target not in hierarchy:
        return False
    node = subject.canvas.by_id.get(target)
    scope = "execution" if target == ROOT or node is None else node.data.context_scope
    context = NodeContext(target, {}, scope=scope)
    return decide(hierarchy, requester=requester, target=context, now=timezone.now()).access_granted


def _parts(text: str) -> tuple[str, ...]:
    try:
        return split_path(text)
    except ValueError:
        return ()


CHECKS = (check_steps, check_contexts, check_inheritance, check_secrets, check_size)
