"""The shapes of many operations at once, and of the report on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError

from config.api.errors import problem_of
from config.api.pointers import field_errors
from config.api.problems import INTERNAL
from config.api.serializers import Serializer
from config.exceptions import DomainError, NotFound, ValidationFailed
from node_links.api.links import serializers as shapes
from node_links.links.rules import Kinds
from node_links.models import NodeLink
from node_links.services.links.bulk import MOST_OPERATIONS, Change, Create, Done, Operation

ACTIONS = ("create", "update", "delete")
_STATUS = {
    "create": status.HTTP_201_CREATED,
    "update": status.HTTP_200_OK,
    "delete": status.HTTP_204_NO_CONTENT,
}


class LinkOperationSerializer(Serializer):
    """One operation: `link` as in POST or PATCH, `id` of the link to update or delete."""

    action = serializers.ChoiceField(choices=ACTIONS)
    id = serializers.CharField(required=False, max_length=100)
    revision = serializers.IntegerField(required=False, min_value=1)
    link = serializers.DictField(required=False)


class LinkBatchSerializer(Serializer):
    """1 to 1000 operations. Each is checked for itself, whatever the others are."""

    batch_id = serializers.CharField(required=False, max_length=100)
    operations = serializers.ListField(
        child=serializers.JSONField(), min_length=1, max_length=MOST_OPERATIONS
    )


class ReportedLinkSerializer(shapes.CreatedLinkSerializer):
    """A link after its operation; `warnings` are there where it is new."""

    warnings = shapes.warnings_field(required=False)


class LinkResultSerializer(Serializer):
    """What became of one operation: its HTTP status, and the link or the problem."""

    index = serializers.IntegerField()
    status = serializers.IntegerField()
    link = ReportedLinkSerializer(required=False)
    problem = serializers.DictField(required=False)


class LinkReportSerializer(Serializer):
    """Answers in the order of the operations, and how many succeeded and failed."""

    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = LinkResultSerializer(many=True)


@dataclass(slots=True)
class Asked:
    """The operations that can be read, and why the others cannot, by their place."""

    places: list[int] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    actions: dict[int, str] = field(default_factory=dict)
    refusals: dict[int, DomainError] = field(default_factory=dict)


def read_operations(items: Sequence[Any]) -> Asked:
    """Return what is asked for. One serializer of each kind reads all of them."""
    asked = Asked()
    shape, link = LinkOperationSerializer(), shapes.LinkSerializer()
    changes = shapes.LinkSerializer(partial=True)
    for place, item in enumerate(items):
        try:
            values = _read(shape, item, "")
            asked.actions[place] = values["action"]
            asked.operations.append(_operation(values, link, changes))
            asked.places.append(place)
        except DomainError as refusal:
            asked.refusals[place] = refusal
    return asked


def report(asked: Asked, done: Sequence[Done], *, kinds: Kinds) -> dict[str, Any]:
    """Return the answer that `LinkReportSerializer` describes, with the types by name."""
    shape = shapes.LinkSerializer(context={"kinds": kinds})
    results = {place: _refused(place, refusal) for place, refusal in asked.refusals.items()}
    for place, one in zip(asked.places, done, strict=True):
        if one.refusal is not None:
            # A draft is checked apart from the operation that it stands in.
            inside = "/link" if asked.actions[place] == "create" else ""
            results[place] = _refused(place, one.refusal, inside)
            continue
        results[place] = {"index": place, "status": _STATUS[asked.actions[place]]}
        if one.link is not None:
            link = shape.to_representation(one.link)
            if asked.actions[place] == "create":
                link["warnings"] = one.warnings
            results[place]["link"] = link
    failed = sum("problem" in result for result in results.values())
    return {
        "succeeded": len(results) - failed,
        "failed": failed,
        "results": [results[place] for place in sorted(results)],
    }


def _operation(
    values: Mapping[str, Any], link: shapes.LinkSerializer, changes: shapes.LinkSerializer
) -> Operation:
    if values["action"] == "create":
        return Create(shapes.draft_of(_read(link, _required(values, "link"), "/link")))
    given = _required(values, "id")
    try:
        pk = serializers.UUIDField().to_internal_value(given)
    except ValidationError as error:
        raise NotFound from error
    if values["action"] == "delete":
        return Change(pk, None, values.get("revision"))
    sent = _required(values, "link")
    return Change(pk, partial(_changes, changes, sent), values.get("revision"))


def _changes(
    shape: shapes.LinkSerializer, sent: Mapping[str, Any], link: NodeLink
) -> Mapping[str, Any]:
    shape.instance = link
    values: Mapping[str, Any] = _read(shape, sent, "/link")
    return values


def _required(values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        raise ValidationFailed.of(f"/{name}", "required", "This field is required.")
    return values[name]


def _read(shape: Serializer | shapes.LinkSerializer, data: Any, pointer: str) -> Any:
    """Return the checked values of `data`. Raises `NotFound`, `ValidationFailed`."""
    try:
        return shape.run_validation(data)
    except ValidationError as error:
        errors = field_errors(error.detail, pointer)
        if any(fault.code == "does_not_exist" for fault in errors):
            raise NotFound(errors=errors) from error
        raise ValidationFailed(errors=errors) from error


def _refused(place: int, refusal: DomainError, inside: str = "") -> dict[str, Any]:
    """Return the answer to a refused operation; its pointers lead into the body of the request."""
    refusal.errors = [
        replace(fault, pointer=f"/operations/{place}{inside}{fault.pointer}")
        for fault in refusal.errors
    ]
    problem = problem_of(refusal) or INTERNAL
    return {"index": place, "status": problem.http_status, "problem": problem.body()}
