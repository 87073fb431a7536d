"""The words that function models are described with."""

from typing import Literal

from django.db import models


class ComplexityLevel(models.TextChoices):
    """How hard the process is, as its owner sees it."""

    SIMPLE = "simple", "simple"
    MODERATE = "moderate", "moderate"
    COMPLEX = "complex", "complex"


class ContainerType(models.TextChoices):
    """Nodes that carry the flow."""

    IO = "ioNode", "input or output"
    STAGE = "stageNode", "stage"


class ActionType(models.TextChoices):
    """Nodes that do the work, inside a container."""

    TETHER = "tetherNode", "runs a spindle"
    KB = "kbNode", "uses an SOP"
    NESTED = "functionModelContainer", "runs a model"


class ContainerStatus(models.TextChoices):
    """How far the design of a container is."""

    DRAFT = "draft", "draft"
    CONFIGURED = "configured", "configured"
    ACTIVE = "active", "active"
    INACTIVE = "inactive", "inactive"
    ERROR = "error", "error"
    ARCHIVED = "archived", "archived"


class ActionStatus(models.TextChoices):
    """How far the design of an action is."""

    DRAFT = "draft", "draft"
    ACTIVE = "active", "active"
    INACTIVE = "inactive", "inactive"
    ERROR = "error", "error"
    ARCHIVED = "archived", "archived"


BoundaryType = Literal["input", "output", "input-output"]
StageType = Literal["milestone", "process", "gateway", "checkpoint"]
ExecutionMode = Literal["sequential", "parallel", "conditional"]
FailureHandling = Literal["critical_only", "abort", "continue", "retry"]
LoadBalancing = Literal["round_robin", "weighted", "priority"]
NestedTrigger = Literal["manual", "automatic", "conditional"]
OrchestrationMode = Literal["embedded", "parallel", "sequential"]
ContextScope = Literal["isolated", "execution", "session", "global"]
