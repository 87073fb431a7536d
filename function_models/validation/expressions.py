"""The paths that a node's expressions name."""

from collections.abc import Iterator

from function_models.canvas.nodes import Action, Container, NestedData, TetherData
from spindles.expressions.paths import Path, condition_paths, split_path, template_paths


def named_paths(node: Container | Action) -> Iterator[tuple[str, Path]]:
    """Yield (key of `data`, path) of each value named in the node's condition and parameters.

    What cannot be read names nothing; another check tells of that.
    """
    if node.data.condition is not None:
        yield from (("condition", path) for path in condition_paths(node.data.condition))
    for field, value in _written(node):
        for _, text in template_paths(value):
            path = _path(text)
            if path:
                yield field, path


def _written(node: Container | Action) -> Iterator[tuple[str, object]]:
    if isinstance(node.data, TetherData):
        yield "execution_parameters", node.data.execution_parameters
    if isinstance(node.data, NestedData):
        yield "context_mapping", node.data.context_mapping


def _path(text: str) -> Path:
    try:
        return split_path(text)
    except ValueError:
        return ()
