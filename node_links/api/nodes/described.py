"""How OpenAPI is told of a DELETE that has a body, which the generator leaves out by itself."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from config.api.schema import AutoSchema


class SchemaWithBodies(AutoSchema):
    """Describes the body of each method as that of POST is: what is required stays required."""

    _asked: str | None = None

    def get_examples(self) -> list[OpenApiExample]:
        """Return the examples of the method itself."""
        examples: dict[str, list[OpenApiExample]] = getattr(self.view, "examples", {})
        return examples.get((self._asked or self.method).lower(), [])

    def _get_request_body(self, direction: str = "request") -> Any:
        self._asked, self.method = self.method, "POST"
        try:
            return super()._get_request_body(direction)
        finally:
            self.method, self._asked = self._asked, None

    def _refusals(self) -> list[str]:
        statuses = super()._refusals()
        return [*statuses, "413", "415"] if self.method == "DELETE" else statuses
