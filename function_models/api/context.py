"""The part of the viewset that is about contexts: who may see and write which."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.errors import ParameterError
from config.exceptions import NotFound
from function_models.api.serializers.context import (
    LEVELS,
    ContextAccessSerializer,
    ReadableContextsSerializer,
)
from function_models.context_access.access import KINDS, MAX_LISTED, Decision, Level, NodeContext
from function_models.models import FunctionModel
from function_models.services.context import (
    Inquiry,
    clear_context,
    decide_access,
    list_contexts,
    merge_context,
)
from function_models.services.run_contexts import (
    clear_in_run,
    decide_in_run,
    list_in_run,
    merge_in_run,
)
from node_links.api.views import NodeEntityViewSet
from node_links.permissions import Act

NODE = OpenApiParameter("node", str, required=True, description="Who asks: a node, or `root`.")
TARGET = OpenApiParameter(
    "target", str, description="Whose context: a node, or `root`. By default that of `node`."
)
EMERGENCY = OpenApiParameter(
    "emergency", bool, description="Look outside the window; for administrators, on record."
)
EXECUTION = OpenApiParameter(
    "execution", UUID, description="A run of the model instead of its design."
)
READING = [
    NODE,
    OpenApiParameter("target", str, description="Whose context; absent: all that may be read."),
    OpenApiParameter("access", str, enum=LEVELS, description="`read` by default."),
    OpenApiParameter("properties", str, description="Names of keys, separated by commas."),
    OpenApiParameter("filter", str, enum=KINDS, description="Which others, without `target`."),
    OpenApiParameter("limit", int, description="1 to 1000 of them (1000)."),
    EMERGENCY,
    EXECUTION,
]
WRITING = [NODE, TARGET, EMERGENCY, EXECUTION]
CONTEXT_ACTS = {"update_context": Act.EDIT, "clear_context": Act.EDIT}
CONTEXT_EXAMPLES = {
    "context": [
        OpenApiExample(
            "a sibling's context",
            {
                "access_granted": True,
                "relation": "sibling",
                "access_level": "read",
                "restricted_operations": ["write", "execute"],
                "granted_properties": ["severity"],
                "restricted_properties": ["pager_token"],
                "data": {"severity": "major"},
            },
            response_only=True,
        ),
    ],
    "update_context": [
        OpenApiExample(
            "one key set, one removed", {"severity": "major", "draft": None}, request_only=True
        )
    ],
}


class ContextActions(NodeEntityViewSet):
    """Ask what a node may see, and write what it tells."""

    @extend_schema(
        parameters=READING,
        responses={
            200: PolymorphicProxySerializer(
                component_name="ContextAnswer",
                serializers=[ContextAccessSerializer, ReadableContextsSerializer],
                resource_type_field_name=None,
            )
        },
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=(),
        extra_query_parameters=(
            *("node", "target", "access", "properties", "filter", "limit", "emergency"),
            "execution",
            "deleted",
        ),
    )
    def context(self, request: Request, pk: UUID) -> Response:
        """Say what `node` may do with the context of `target`, or list what it may read.

        A denied access is an answer like any other: 200 with `access_granted: false`.
        """
        model = self.get_object()
        if "target" not in request.query_params:
            return self._readable(model)
        return Response(_told(self._decided(model, self._inquiry())))

    @extend_schema(
        parameters=WRITING,
        request=dict,
        responses={200: ContextAccessSerializer},
    )
    @context.mapping.patch
    def update_context(self, request: Request, pk: UUID) -> Response:
        """Merge an object into the context of `target`; null removes a key.

        403 where `node` may not write there, 409 `invalid_transition` without an open draft. In a
        run (`execution`) it is 409 once that has ended.
        """
        model = self.get_object()
        inquiry, run = self._inquiry(writing=True), self._execution()
        if run is not None:
            merge_in_run(
                actor=self.actor,
                model=model,
                execution_id=run,
                inquiry=inquiry,
                values=request.data,
            )
            return Response(_told(self._decided(model, _again(inquiry))))
        saved = merge_context(
            actor=self.actor,
            pk=model.pk,
            inquiry=inquiry,
            values=request.data,
            expected_revision=self.expected_revision,
            locked=model,
        )
        decision = decide_access(actor=self.actor, model=saved, inquiry=_again(inquiry))
        return Response(_told(decision), headers=self.tag_of(saved))

    @extend_schema(parameters=WRITING, responses={204: None})
    @context.mapping.delete
    def clear_context(self, request: Request, pk: UUID) -> Response:
        """Empty the context of `target`, and those of the nodes directly below it."""
        model = self.get_object()
        inquiry, run = self._inquiry(writing=True), self._execution()
        if run is not None:
            clear_in_run(actor=self.actor, model=model, execution_id=run, inquiry=inquiry)
            return Response(status=status.HTTP_204_NO_CONTENT)
        saved = clear_context(
            actor=self.actor,
            pk=model.pk,
            inquiry=inquiry,
            expected_revision=self.expected_revision,
            locked=model,
        )
        return Response(status=status.HTTP_204_NO_CONTENT, headers=self.tag_of(saved))

    def _readable(self, model: FunctionModel) -> Response:
        asked = self.request.query_params
        foreign = [name for name in ("access", "properties", "emergency") if name in asked]
        if foreign:
            raise ParameterError.of(foreign[0], "invalid", "This goes with `target`.")
        wanted: dict[str, Any] = {
            "node": self._required("node"),
            "kind": self._choice("filter", "all", KINDS),
            "limit": self._limit(),
        }
        run = self._execution()
        listing = (
            list_contexts(model=model, **wanted)
            if run is None
            else list_in_run(actor=self.actor, model=model, execution_id=run, **wanted)
        )
        return Response(
            {
                "contexts": [_row(context, decision) for context, decision in listing.shown],
                "total_available": listing.total,
                "truncated": listing.truncated,
            }
        )

    def _decided(self, model: FunctionModel, inquiry: Inquiry) -> Decision:
        run = self._execution()
        if run is None:
            return decide_access(actor=self.actor, model=model, inquiry=inquiry)
        return decide_in_run(actor=self.actor, model=model, execution_id=run, inquiry=inquiry)

    def _execution(self) -> UUID | None:
        text = self.request.query_params.get("execution")
        if text is None:
            return None
        try:
            return UUID(text)
        except ValueError:
            raise NotFound from None

    def _inquiry(self, *, writing: bool = False) -> Inquiry:
        asked = self.request.query_params
        node = self._required("node")
        access = "write" if writing else self._choice("access", "read", LEVELS)
        names = asked.get("properties")
        return Inquiry(
            node=node,
            target=asked.get("target") or node,
            wanted=Level[access.upper()],
            properties=None if names is None else _names(names),
            emergency=self._asked("emergency"),
        )

    def _required(self, name: str) -> str:
        value = self.request.query_params.get(name, "")
        if not value:
            raise ParameterError({name: [ErrorDetail("A node's id, or `root`.", "required")]})
        return value

    def _choice(self, name: str, default: str, choices: Any) -> str:
        value = self.request.query_params.get(name, default)
        if value not in choices:
            raise ParameterError.of(name, "invalid_choice", f"One of {', '.join(choices)}.")
        return value

    def _limit(self) -> int:
        text = self.request.query_params.get("limit", str(MAX_LISTED))
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        if not 1 <= value <= MAX_LISTED:
            raise ParameterError.of("limit", "invalid", f"A number from 1 to {MAX_LISTED}.")
        return value


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in map(str.strip, text.split(",")) if name)


def _again(inquiry: Inquiry) -> Inquiry:
    """Return the same question for the answer; the emergency is on record already."""
    return Inquiry(inquiry.node, inquiry.target, inquiry.wanted)


def _told(decision: Decision) -> dict[str, Any]:
    told = asdict(decision)
    if told["denial_reason"] is None:
        del told["denial_reason"]
    return told


def _row(context: NodeContext, decision: Decision) -> dict[str, Any]:
    return {
        "node_id": context.node_id,
        "relation": decision.relation,
        "access_level": decision.access_level,
        "data": decision.data,
    }
