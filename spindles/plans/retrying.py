"""When something that failed is tried again, as authors write it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from node_links.canvas.fields import Known, Number
from spindles.plans.plan import RetryRule


class RetryPolicy(Known):
    """When what failed is tried again: attempts with the first one, waits in seconds."""

    enabled: bool = True
    max_attempts: int = Field(default=3, ge=1, le=10)
    strategy: Literal["immediate", "linear", "exponential"] = "exponential"
    base_delay: Annotated[float, Number(at_least=0)] = 1
    max_delay: Annotated[float, Number(at_least=0, at_most=300)] = 30
    multiplier: Annotated[float, Number(at_least=1, at_most=10)] = 2
    jitter: Annotated[float, Number(at_least=0)] = 0

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.base_delay > self.max_delay:
            raise PydanticCustomError(
                "max_value", "The base delay may not be longer than the maximum."
            )
        if self.strategy == "exponential" and self.multiplier <= 1:
            raise PydanticCustomError(
                "min_value", "An exponential wait needs a multiplier above 1."
            )
        return self

    @property
    def rule(self) -> RetryRule:
        """The engine's rule; a disabled policy allows the first attempt only."""
        return RetryRule(
            max_attempts=self.max_attempts if self.enabled else 1,
            strategy=self.strategy,
            base_delay=self.base_delay,
            max_delay=self.max_delay,
            multiplier=self.multiplier,
            jitter=self.jitter,
        )
