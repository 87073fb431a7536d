"""OpenAPI 3.1 of the conventions: what every operation takes and answers besides its own shapes."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as FrameworkSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.permissions import AllowAny

from config.api.concurrency import RevisionMixin
from config.api.problem_schema import PROBLEM, RESPONSES
from config.api.problems import CONTENT_TYPE

HEADER: Literal["header"] = "header"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
ANSWERS = [200, 201, 202, 204]


class AutoSchema(FrameworkSchema):
    """Adds the headers and the problem documents that the base views take and give.

    A view may hold `examples = {action: [OpenApiExample, …]}`, with the HTTP method in lower case
    as the key where it has no actions, and likewise `refusals = {action: [status, …]}` for those
    that the conventions do not know of.
    """

    def get_examples(self) -> list[OpenApiExample]:
        """Return the view's own examples for this operation."""
        return self._of_operation("examples")

    def get_override_parameters(self) -> list[Any]:
        """Return the headers of request and response."""
        headers = [
            _request("X-Request-ID", "Your own name for the request; it comes back and is logged."),
            _response("X-Request-ID", "Names the request in logs, events and audit.", None),
        ]
        if not self._is_public():
            headers.append(_request("X-Organization", "Slug of the organisation to work in."))
        if self._replays():
            text = "Makes the request safe to send again: 1 to 255 visible ASCII characters."
            headers.append(_request("Idempotency-Key", text))
            headers.append(_response("Idempotency-Replayed", "`true` on a repeated answer.", None))
        if isinstance(self.view, RevisionMixin):
            headers.extend(self._revision_headers())
        for name, text in _LIMITS:
            headers.append(_response(name, text, ANSWERS))
        return headers

    def get_filter_backends(self) -> list[Any]:
        """Return the backends whose parameters the operation takes: on lists only."""
        return super().get_filter_backends() if self._is_list_view() else []

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_filter_parameters()
        fields = getattr(self.view, "search_fields", None)
        if fields and self._is_list_view():
            description = "Words that must all occur."
            schema = {"type": "string"}
            parameters.append(
                {"name": "search", "in": "query", "description": description, "schema": schema}
            )
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            self.registry.register_on_missing(
                ResolvedComponent("Problem", ResolvedComponent.SCHEMA, PROBLEM, "Problem")
            )
            for status in self._refusals():
                bodies.setdefault(status, self._refusal(status))
        return dict(sorted(bodies.items()))

    def _refusals(self) -> list[str]:
        """Return the statuses with which this operation may refuse."""
        statuses = ["400", "429", "503", *self._of_operation("refusals")]
        if not self._is_public():
            # Who does not belong to the organisation that is named is told that there is none.
            statuses += ["401", "403", "404"]
        elif "{" in self.path:
            statuses.append("404")
        if self.method in WRITES:
            statuses.append("409")
            if isinstance(self.view, RevisionMixin) and "{" in self.path:
                statuses.append("412")
        if self.method in ("POST", "PUT", "PATCH"):
            statuses += ["413", "415"]
        if self._replays():
            statuses.append("422")
        return statuses

    def _refusal(self, status: str) -> dict[str, Any]:
        """Return a reference: the same refusal stands in hundreds of operations."""
        name = f"Refusal{status}"
        told = _problem_response(status)
        component = ResolvedComponent(name, ResolvedComponent.RESPONSE, told, object=name)
        self.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return reference

    def _of_operation(self, name: str) -> list[Any]:
        """Return what the view says of this operation in the mapping of that name."""
        said: dict[str, list[Any]] = getattr(self.view, name, {})
        return said.get(getattr(self.view, "action", None) or self.method.lower(), [])

    def _revision_headers(self) -> list[OpenApiParameter]:
        headers = [_response("ETag", "The revision, in quotes.", [200, 201])]
        if "{" in self.path and self.method in WRITES:
            text = 'Refuse with 412 unless this is the present revision, e.g. `"7"`.'
            headers.append(_request("If-Match", text))
        elif "{" in self.path:
            headers.append(_request("If-None-Match", "Answer 304 where this revision is held."))
        return headers

    def _replays(self) -> bool:
        public = self._is_public()
        return self.method == "POST" and getattr(self.view, "replays", False) and not public

    def _is_public(self) -> bool:
        permissions = getattr(self.view, "permission_classes", ())
        return not self.view.authentication_classes or AllowAny in permissions


class BearerScheme(OpenApiAuthenticationExtension):
    """JWT in the Authorization header."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: FrameworkSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class AccessKeyScheme(OpenApiAuthenticationExtension):
    """Access key in the Authorization header."""

    target_class = "accounts.api.authentication.AccessKeyAuthentication"
    name = "access_key"

    def get_security_definition(self, auto_schema: FrameworkSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "nl_…"}


class SessionScheme(OpenApiAuthenticationExtension):
    """The browser's session."""

    target_class = "accounts.api.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: FrameworkSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


_LIMITS = (
    ("RateLimit-Limit", "Requests per window."),
    ("RateLimit-Remaining", "Requests left in this window."),
    ("RateLimit-Reset", "Seconds until the window ends."),
)


def _request(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, HEADER, description=description)


def _response(name: str, description: str, statuses: list[int] | None) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, HEADER, description=description, response=statuses or [*ANSWERS]
    )


def _problem_response(status: str) -> dict[str, Any]:
    description, example, headers = RESPONSES[status]
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {"refusal": example}}
    response: dict[str, Any] = {"description": description, "content": {CONTENT_TYPE: content}}
    if headers:
        response["headers"] = headers
    return response


def allow_anything(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the description where what may be anything may be null by that, and not once more.

    The framework tells it as `oneOf: [{}, {type: null}]`, which null fits twice, and so not at all.
    """
    for schema in result["components"]["schemas"].values():
        for member in schema.get("properties", {}).values():
            if member.get("oneOf") == [{}, {"type": "null"}]:
                del member["oneOf"]
    return result
