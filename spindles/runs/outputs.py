"""Outputs of steps, wherever they are kept."""

from typing import Any

from config.exceptions import DataConsistencyException
from spindles.engine.outputs import read_file
from spindles.models import ExecutionStep


def read_output(step: ExecutionStep) -> Any:
    """Return the output of a step. Raises `DataConsistencyException` where its file is gone."""
    if not step.output_file:
        return step.output
    try:
        return read_file(step.output_file)
    except OSError as error:
        raise DataConsistencyException(
            "The file of an output is gone.", step.step_id, {"file": step.output_file}
        ) from error
