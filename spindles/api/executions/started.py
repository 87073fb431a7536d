"""The answer to who has started a run."""

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.reverse import reverse

from spindles.api.executions.serializers import ExecutionSerializer
from spindles.models import Execution
from spindles.registry import runnables


def accepted(execution: Execution, context: dict[str, Any]) -> Response:
    """Return 202 with a run that has just been started, and its address in `Location`.

    `context` is the view's context of serializers.
    """
    row = Execution.objects.all().with_checksum().get(pk=execution.pk)
    shown = dict(ExecutionSerializer(row, context={**context, "children": []}).data)
    runnable = runnables.find(row.source_feature)
    if runnable is not None and runnable.tell is not None:
        shown |= runnable.tell(row, list(row.steps.order_by("position", "id")))
    address = reverse("executions-detail", [row.pk], request=context.get("request"))
    return Response(shown, status.HTTP_202_ACCEPTED, headers={"Location": address})
