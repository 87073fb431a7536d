"""The five kinds of nodes, and what every node, container and action says.

Lists and objects that are empty by default come from a factory: pydantic copies a default deeply
for each node, which costs a fifth of the time that a large drawing takes to be read.
"""

import re
from typing import Annotated, Any, ClassVar, Literal, Self

import jsonschema_rs
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from function_models.canvas.policies import (
    AccessPermissions,
    ContextInheritance,
    ContextWindow,
    HierarchicalValidation,
    IntegrationConfig,
    OutputExtraction,
    ParallelismConfig,
    Raci,
    ResourceRequirements,
)
from function_models.choices import (
    BoundaryType,
    ContextScope,
    ExecutionMode,
    FailureHandling,
    NestedTrigger,
    OrchestrationMode,
    StageType,
)
from node_links.canvas.fields import (
    READ_ONLY,
    Drawn,
    JsonObject,
    Known,
    NonBlank,
    Number,
    UniqueTexts,
)
from node_links.canvas.shapes import CanvasNode
from spindles.plans.retrying import RetryPolicy

PUBLISHED = "published"
CRITICAL_PRIORITY = 8
_PIN = re.compile(r"\A(?:published|\d{1,9}\.\d{1,9}\.\d{1,9})\Z", re.ASCII)


def _pin(value: str) -> str:
    if not _PIN.match(value):
        raise PydanticCustomError("invalid_version", "`published` or a number x.y.z is needed.")
    return value


def _json_schema(value: JsonObject) -> JsonObject:
    if not jsonschema_rs.meta.is_valid(value):
        raise PydanticCustomError("invalid", "A JSON Schema is needed.")
    return value


def _keywords(values: list[str]) -> list[str]:
    kept = [value.lower() for value in values]
    if len(set(kept)) < len(kept):
        raise PydanticCustomError("duplicate_keyword", "A keyword stands here twice.")
    return kept


Name = Annotated[str, Field(min_length=1, max_length=200)]
Pin = Annotated[str, AfterValidator(_pin)]
Reference = Annotated[str, Field(min_length=1, max_length=255)]
Contract = Annotated[JsonObject, AfterValidator(_json_schema)]
Keywords = Annotated[list[NonBlank], Field(max_length=20), AfterValidator(_keywords)]
ActionTimeout = Annotated[float, Number(at_least=0, at_most=3600)]


class NodeData(Drawn):
    """What every node says. Times are seconds; 0 is no limit.

    `status` is the server's: what a client sends is put aside before a node is read.
    """

    name: Name
    description: str | None = Field(default=None, max_length=1000)
    status: str = Field(default="draft", json_schema_extra=READ_ONLY)
    priority: int = Field(default=5, ge=1, le=10)
    critical: bool = False
    condition: str | None = Field(default=None, max_length=1000)
    context: JsonObject = Field(default_factory=dict)
    context_scope: ContextScope = "execution"
    context_window: ContextWindow | None = None
    metadata: JsonObject = Field(default_factory=dict)
    visual_properties: JsonObject = Field(default_factory=dict)


class ContainerData(NodeData):
    """What a container says. `dependencies` are the sources of its incoming edges, read-only."""

    timeout: Annotated[float, Number(at_least=0, at_most=86_400)] = 0
    execution_type: ExecutionMode = "sequential"
    failure_handling: FailureHandling = "critical_only"
    dependencies: list[str] = Field(default_factory=list, json_schema_extra=READ_ONLY)


class IoConfiguration(Drawn):
    """How data cross a boundary."""

    data_format: NonBlank | None = None


class IoData(ContainerData):
    """Where data enter or leave. No contract is added by default; `{}` is one."""

    merged: ClassVar[tuple[str, ...]] = ("configuration",)

    boundary_type: BoundaryType = "input"
    input_data_contract: Contract | None = None
    output_data_contract: Contract | None = None
    data_validation_rules: JsonObject = Field(default_factory=dict)
    configuration: IoConfiguration = Field(default_factory=IoConfiguration)

    @model_validator(mode="after")
    def _contracts_fit(self) -> Self:
        refused = {"input": "output_data_contract", "output": "input_data_contract"}
        name = refused.get(self.boundary_type)
        if name is not None and getattr(self, name) is not None:
            raise PydanticCustomError(
                "contract_not_allowed",
                "An {boundary} node carries no {name}.",
                {"boundary": self.boundary_type, "name": name},
            )
        return self


class StageData(ContainerData):
    """A step of the process, with the actions drawn inside it."""

    merged: ClassVar[tuple[str, ...]] = ("resource_requirements",)

    stage_type: StageType = "process"
    stage_goals: list[NonBlank] = Field(default_factory=list, max_length=10)
    completion_criteria: list[Any] = Field(default_factory=list)
    parallelism_config: ParallelismConfig | None = None
    resource_requirements: ResourceRequirements | None = None
    retry_policy: RetryPolicy | None = None
    configuration: JsonObject = Field(default_factory=dict)


def _system() -> Raci:
    return Raci(responsible=["System"])


class ActionData(NodeData):
    """What every action says. Mode and order come from the container where they are absent."""

    execution_mode: ExecutionMode = "sequential"
    execution_order: int = Field(default=1, ge=1)
    estimated_duration: Annotated[float, Number(above=0)] | None = None
    retry_policy: RetryPolicy = Field(default_factory=RetryPolicy)
    raci: Raci = Field(default_factory=_system)

    @property
    def is_critical(self) -> bool:
        """Whether its failure counts: said so, or of high priority."""
        return self.critical or self.priority >= CRITICAL_PRIORITY


class TetherData(ActionData):
    """Runs a spindle."""

    merged: ClassVar[tuple[str, ...]] = ("resource_requirements",)

    timeout: ActionTimeout = 300
    tether_reference_id: Reference
    tether_version: Pin = PUBLISHED
    execution_parameters: JsonObject = Field(default_factory=dict)
    output_mapping: dict[str, str] = Field(default_factory=dict)
    execution_triggers: UniqueTexts = Field(default_factory=list)
    resource_requirements: ResourceRequirements | None = None
    integration_config: IntegrationConfig | None = None

    @model_validator(mode="after")
    def _some_in_a_batch(self) -> Self:
        size = self.execution_parameters.get("batch_size", 1)
        if isinstance(size, int | float) and not size > 0:
            raise PydanticCustomError("min_value", "`batch_size` has to be above 0.")
        return self


class KbData(ActionData):
    """Uses an SOP."""

    timeout: ActionTimeout = 300
    kb_reference_id: Reference
    kb_version: Pin = PUBLISHED
    short_description: Annotated[str, Field(min_length=1, max_length=500)]
    documentation_context: str | None = Field(default=None, max_length=2000)
    search_keywords: Keywords = Field(default_factory=list)
    access_permissions: AccessPermissions = Field(default_factory=AccessPermissions)


class ExecutionPolicy(Known):
    """When a nested model runs: by itself, under conditions, or released by a person."""

    execution_trigger: NestedTrigger = "automatic"
    conditions: list[Any] | JsonObject | str | None = None

    @model_validator(mode="after")
    def _conditions_given(self) -> Self:
        if self.execution_trigger == "conditional" and not self.conditions:
            raise PydanticCustomError(
                "conditions_required", "A conditional trigger needs conditions."
            )
        return self


class NestedData(ActionData):
    """Runs another model."""

    timeout: Annotated[float, Number(at_least=0, at_most=7200)] = 7200
    estimated_duration: Annotated[float, Number(above=0)] | None = 600
    retry_policy: RetryPolicy = RetryPolicy(strategy="linear", base_delay=5)
    nested_model_id: Reference
    nested_version: Pin = PUBLISHED
    context_mapping: dict[str, str] = Field(default_factory=dict)
    context_inheritance: ContextInheritance = Field(default_factory=ContextInheritance)
    output_extraction: OutputExtraction = Field(default_factory=OutputExtraction)
    execution_policy: ExecutionPolicy = Field(default_factory=ExecutionPolicy)
    orchestration_mode: OrchestrationMode = "embedded"
    hierarchical_validation: HierarchicalValidation = Field(default_factory=HierarchicalValidation)


class IoNode(CanvasNode):
    """A boundary of the model."""

    type: Literal["ioNode"]
    data: IoData


class StageNode(CanvasNode):
    """A stage of the model."""

    type: Literal["stageNode"]
    data: StageData


class TetherNode(CanvasNode):
    """An action that runs a spindle."""

    type: Literal["tetherNode"]
    data: TetherData


class KbNode(CanvasNode):
    """An action that uses an SOP."""

    type: Literal["kbNode"]
    data: KbData


class NestedNode(CanvasNode):
    """An action that runs a model."""

    type: Literal["functionModelContainer"]
    data: NestedData


Container = IoNode | StageNode
Action = TetherNode | KbNode | NestedNode
CONTAINERS: dict[str, type[Container]] = {"ioNode": IoNode, "stageNode": StageNode}
ACTIONS: dict[str, type[Action]] = {
    "tetherNode": TetherNode,
    "kbNode": KbNode,
    "functionModelContainer": NestedNode,
}
