"""Whether the drawing is a process: a way in, a way out, and an order of work."""

from collections import Counter

from function_models.canvas.nodes import IoNode, KbData, StageNode, TetherData
from function_models.validation.findings import Findings, warn_each
from function_models.validation.subject import Subject

MAX_LEVELS = 10
_MANY_NODES = 50
_MANY_NEIGHBOURS = 10
_MANY_LEAVES = 3
_LONG_CHAIN = 10
_HIGH_CONCURRENCY = 10


def check_ways(subject: Subject, findings: Findings) -> None:
    """Something is drawn, with a way in and a way out."""
    if not subject.canvas.nodes:
        findings.block("no_nodes", "Draw at least an input and an output.")
    if not subject.inputs:
        findings.block("no_input", "Add an IO node with the boundary `input` or `input-output`.")
    if not subject.outputs:
        findings.block("no_output", "Add an IO node with the boundary `output` or `input-output`.")
    if not subject.stages:
        findings.warn("no_stage", "There is no stage between input and output.")


def check_order(subject: Subject, findings: Findings) -> None:
    """The actions of a container are numbered 1 to n, each number once."""
    for container in subject.canvas.containers:
        actions = subject.actions_of(container.id)
        orders = Counter(action.data.execution_order for action in actions)
        for action in actions:
            if orders[action.data.execution_order] > 1:
                findings.block(
                    "duplicate_execution_order",
                    f"Another action of {container.data.name} has the order "
                    f"{action.data.execution_order} too.",
                    node_id=action.id,
                    field="execution_order",
                )
        if actions and sorted(orders) != list(range(1, len(orders) + 1)):
            findings.warn(
                "order_gap",
                f"The orders of its actions are not 1 to {len(actions)}.",
                node_id=container.id,
            )


def check_nesting(subject: Subject, findings: Findings) -> None:
    """No model nests itself, and not too many nest in each other."""
    if subject.nesting.cycle:
        findings.block(
            "nested_cycle", f"The model nests itself: {' -> '.join(subject.nesting.cycle)}."
        )
    if subject.nesting.levels > MAX_LEVELS:
        findings.block(
            "nesting_too_deep",
            f"{subject.nesting.levels} levels nest; at most {MAX_LEVELS} may, this one included.",
        )


def check_reach(subject: Subject, findings: Findings) -> None:
    """Every container is joined to others, and reached from an input."""
    graph = subject.graph
    for container in subject.canvas.containers:
        alone = not graph.dependencies_of(container.id) and not graph.dependents_of(container.id)
        empty = not subject.actions_of(container.id)
        if alone and (empty or isinstance(container, IoNode)):
            findings.warn("isolated_node", "It is joined to nothing.", node_id=container.id)
        if isinstance(container, StageNode) and empty:
            findings.warn("stage_without_actions", "Nothing is done here.", node_id=container.id)
    if subject.inputs:
        reached = graph.reachable_from([node.id for node in subject.inputs])
        warn_each(
            findings,
            "unreachable_node",
            "No way leads here from an input.",
            (node.id for node in subject.canvas.containers if node.id not in reached),
        )


def check_boundaries(subject: Subject, findings: Findings) -> None:
    """Inputs begin, outputs end, and both say what passes through them."""
    graph = subject.graph
    for node in subject.boundaries:
        boundary, data = node.data.boundary_type, node.data
        if boundary == "input" and graph.dependencies_of(node.id):
            findings.warn(
                "input_has_dependencies", "An input depends on something.", node_id=node.id
            )
        if boundary == "output" and not graph.dependencies_of(node.id):
            findings.warn(
                "output_without_dependencies", "Nothing leads to this output.", node_id=node.id
            )
        contract = data.input_data_contract if boundary == "input" else data.output_data_contract
        if contract is None and (boundary != "input-output" or data.input_data_contract is None):
            findings.warn("missing_contract", "Say what passes here.", node_id=node.id)
        if not data.description:
            findings.warn(
                "missing_description",
                "Say what this is for.",
                node_id=node.id,
                field="description",
            )


def check_edges(subject: Subject, findings: Findings) -> None:
    """Edges lead from inputs through stages to outputs."""
    by_id = subject.canvas.by_id
    for edge in subject.canvas.edges:
        source, target = by_id[edge.source], by_id[edge.target]
        if isinstance(source, IoNode) and isinstance(target, IoNode):
            findings.warn("io_to_io", "It joins two IO nodes without a stage.", edge_id=edge.id)
        elif (
            isinstance(source, IoNode)
            and source.data.boundary_type == "output"
            and isinstance(target, StageNode)
        ):
            findings.warn("stage_depends_on_output", "It depends on an output.", node_id=target.id)


def check_size(subject: Subject, findings: Findings) -> None:
    """The drawing can be taken in at a glance."""
    graph, containers = subject.graph, subject.canvas.containers
    if len(graph.critical_path) > _LONG_CHAIN:
        findings.warn("long_chain", f"More than {_LONG_CHAIN} containers follow each other.")
    if len(subject.canvas.nodes) > _MANY_NODES:
        findings.warn("many_nodes", f"More than {_MANY_NODES} nodes: nest a part of them.")
    for container in containers:
        if len(graph.dependencies_of(container.id)) > _MANY_NEIGHBOURS:
            findings.warn("many_dependencies", "It waits for many.", node_id=container.id)
        if len(graph.dependents_of(container.id)) > _MANY_NEIGHBOURS:
            findings.warn("many_dependents", "Many wait for it.", node_id=container.id)
    leaves = [node for node in containers if not graph.dependents_of(node.id)]
    if len(leaves) > _MANY_LEAVES:
        findings.warn("many_leaves", f"The process ends in {len(leaves)} places.")


def check_stages(subject: Subject, findings: Findings) -> None:
    """Stages say what they are for and do not ask for too much at once."""
    for stage in subject.stages:
        data = stage.data
        if data.stage_type == "milestone" and not subject.graph.dependencies_of(stage.id):
            findings.warn(
                "milestone_without_dependencies", "A milestone follows something.", node_id=stage.id
            )
        if data.parallelism_config and data.parallelism_config.max_concurrency > _HIGH_CONCURRENCY:
            findings.warn(
                "high_concurrency",
                f"More than {_HIGH_CONCURRENCY} actions side by side.",
                node_id=stage.id,
                field="parallelism_config",
            )
        if not data.stage_goals:
            findings.warn(
                "empty_goals", "Say what it is to reach.", node_id=stage.id, field="stage_goals"
            )


def check_actions(subject: Subject, findings: Findings) -> None:
    """Actions stand where they make sense and can be found and started."""
    for action in subject.canvas.actions:
        data, parent = action.data, subject.canvas.by_id[action.parent_id or ""]
        if isinstance(data, KbData):
            if isinstance(parent, IoNode):
                findings.warn("kb_in_io", "Knowledge belongs into a stage.", node_id=action.id)
            if not data.search_keywords:
                findings.warn("no_keywords", "Nobody finds it by a keyword.", node_id=action.id,
                              field="search_keywords")  # fmt: skip
            if not data.access_permissions.view:
                findings.warn("no_view_permission", "Nobody is named who may view it.",
                              node_id=action.id, field="access_permissions")  # fmt: skip
        elif isinstance(data, TetherData):
            if isinstance(parent, IoNode) and parent.data.boundary_type == "output":
                findings.warn("tether_in_output", "Work belongs into a stage.", node_id=action.id)
            if not data.execution_triggers:
                findings.warn("no_triggers", "Nothing is named that starts it.",
                              node_id=action.id, field="execution_triggers")  # fmt: skip


CHECKS = (
    check_ways,
    check_order,
    check_nesting,
    check_reach,
    check_boundaries,
    check_edges,
    check_size,
    check_stages,
    check_actions,
)
