"""The kinds of steps that authors may use."""

from functools import cache
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.permissions import IsMember
from config.api.views import APIView
from spindles.api.serializers.definitions import StepKindSerializer
from spindles.registry.kinds import step_kinds


class StepKindsView(APIView):
    """What steps can do."""

    permission_classes = (IsMember,)
    examples = {
        "get": [
            OpenApiExample(
                "one of them",
                [
                    {
                        "name": "delay",
                        "title": "Delay",
                        "description": "Waits for some time, or until a moment.",
                        "has_effect": False,
                        "params": {"type": "object", "properties": {"seconds": {}}},
                    }
                ],
                response_only=True,
            )
        ]
    }

    @extend_schema(responses={200: StepKindSerializer(many=True)}, operation_id="step_kinds_list")
    def get(self, request: Request) -> Response:
        """List the kinds by name, each with the JSON Schema of its parameters."""
        return Response(_kinds())


@cache
def _kinds() -> list[dict[str, Any]]:
    return [
        {
            "name": kind.name,
            "title": kind.title,
            "description": kind.description,
            "has_effect": kind.has_effect,
            "params": kind.params.model_json_schema(),
        }
        for kind in step_kinds.offered()
    ]
