"""A small API on top of the base: what any app would write, over a table that exists anyway."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.contrib import admin
from django.db import IntegrityError, OperationalError
from django.db.models import Model, QuerySet
from django.http import StreamingHttpResponse
from django.urls import include, path
from rest_framework import serializers as drf
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.actors import Actor
from accounts.tenancy import enter
from config.api import errors
from config.api.filters import BooleanFilter, FilterSet
from config.api.pagination import CursorPagination
from config.api.routers import Router
from config.api.serializers import ModelSerializer, Serializer
from config.api.throttles import LoginThrottle
from config.api.views import APIView, ModelViewSet
from config.exceptions import (
    ExternalServiceException,
    InvalidTransition,
    PerformanceException,
    RateLimited,
)
from config.models import SlowQuery

SPACE = UUID("01900000-0000-7000-8000-000000000000")


@dataclass(frozen=True)
class Caller:
    """Stands for the user."""

    pk: UUID
    is_authenticated: bool = True


class HeaderAuthentication(BaseAuthentication):
    """Believes the X-Caller header, `user@organization[@access key[@its limit]]`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return user and actor, whose tenant the transaction has entered."""
        name = request.headers.get("X-Caller")
        if not name:
            return None
        user, organization, *key = name.split("@")
        actor = Actor(
            role="editor",
            user_id=uuid5(SPACE, user),
            organization_id=uuid5(SPACE, organization) if organization else None,
            access_key_id=uuid5(SPACE, key[0]) if key else None,
            rate_limit=int(key[1]) if len(key) > 1 else None,
        )
        enter(actor)
        return Caller(pk=uuid5(SPACE, user)), actor

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge."""
        return "Probe"


class IsCaller(BasePermission):
    """Anybody with a name, save `outcast`, who may touch no row."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the caller has a name."""
        return bool(request.auth)

    def has_object_permission(self, request: Request, view: Any, obj: object) -> bool:
        """Return whether the caller is not the outcast."""
        actor: Any = request.auth
        return bool(actor.user_id != uuid5(SPACE, "outcast"))


class Probe(APIView):
    """Base of the plain views here."""

    authentication_classes = (HeaderAuthentication,)
    permission_classes = (AllowAny,)


class Echo(Probe):
    """Answers with the body."""

    def post(self, request: Request) -> Response:
        """Return what came."""
        return Response(request.data)


class EchoList(Echo):
    """Answers with the body, which may be a list."""

    accepts_lists = True


class Secret(Echo):
    """Answers with what must not be kept."""

    replays = False


class Limited(Probe):
    """Token requests are limited by address."""

    throttle_classes = (LoginThrottle,)

    def get(self, request: Request) -> Response:
        """Return something."""
        return Response({"ok": True})


class Stream(Probe):
    """Answers piece by piece."""

    def post(self, request: Request) -> Any:
        """Leave a row and return a stream."""
        make_row(sql="streamed")
        return StreamingHttpResponse([b"a", b"b"])


class Upload(Probe):
    """Takes a file."""

    parser_classes = (MultiPartParser,)

    def post(self, request: Request) -> Response:
        """Return what came."""
        form: Any = request.data
        return Response({"title": form["title"], "content": form["f"].read().decode()})


class Unrenderable(Probe):
    """Answers with what JSON cannot hold."""

    def post(self, request: Request) -> Response:
        """Leave a row and return an object."""
        make_row(sql="unrenderable")
        return Response({"value": object()})


class RefusesAfterWriting(Probe):
    """Writes and then answers 4xx without raising anything."""

    def post(self, request: Request) -> Response:
        """Leave a row and refuse."""
        make_row(sql="refused")
        return Response({"detail": "no"}, status=422)


class PartSerializer(Serializer):
    """A part of a whole."""

    name = drf.CharField(max_length=5)
    size = drf.IntegerField(min_value=1, required=False)


class WholeSerializer(Serializer):
    """Fields of every kind."""

    title = drf.CharField(max_length=5, min_length=2)
    kind = drf.ChoiceField(choices=["a", "b"], required=False)
    level = drf.ChoiceField(choices=[1, 2], required=False)
    flag = drf.BooleanField(required=False)
    ratio = drf.FloatField(required=False)
    price = drf.DecimalField(max_digits=6, decimal_places=2, required=False)
    ref = drf.UUIDField(required=False)
    at = drf.DateTimeField(required=False)
    tags = drf.ListField(child=drf.CharField(max_length=3), required=False)
    marks = drf.DictField(child=drf.IntegerField(), required=False)
    kinds = drf.MultipleChoiceField(choices=["a", "b"], required=False)
    parts = PartSerializer(many=True, required=False)
    extra = drf.JSONField(required=False)
    id = drf.IntegerField(read_only=True)


class Whole(Probe):
    """Validates and answers with the values."""

    def post(self, request: Request) -> Response:
        """Return the validated values."""
        serializer = WholeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)


class Raises(Probe):
    """Raises the error named in the address."""

    def get(self, request: Request, name: str) -> Response:
        """Leave a row and raise."""
        make_row(sql=f"raised {name}")
        raise ERRORS[name]


ERRORS: dict[str, Exception] = {
    "transition": InvalidTransition("draft", ["published"]),
    "limited": RateLimited(2.5, code="at_capacity"),
    "outside": ExternalServiceException("secret inside", "openai", "https://x.example/v1?key=1"),
    "slow": PerformanceException("secret inside", "seconds"),
    "database": OperationalError("secret inside"),
    "integrity": IntegrityError("secret inside"),
    "uuid": ValueError("badly formed hexadecimal UUID string"),
    "bug": RuntimeError("secret inside"),
}


class RowSerializer(ModelSerializer[SlowQuery]):
    """A row of the table borrowed for these tests; `repeated` serves as its revision."""

    class Meta:
        model = SlowQuery
        fields = (
            "id",
            "fingerprint",
            "sql",
            "count",
            "max_ms",
            "parameter_types",
            "plan",
            "repeated",
            "first_seen",
            "last_seen",
        )
        read_only_fields = ("repeated",)
        immutable_fields = ("fingerprint",)


class RowFilter(FilterSet):
    """Filters of a list."""

    slow = BooleanFilter(field_name="count", method="by_slow")

    class Meta:
        model = SlowQuery
        fields = {"count": ["exact", "gte"], "fingerprint": ["exact"]}

    def by_slow(self, rows: QuerySet[Model], name: str, value: bool) -> QuerySet[Model]:
        """Keep rows that were slow at least once, or never."""
        return rows.filter(count__gt=0) if value else rows.filter(count=0)


class RowViewSet(ModelViewSet):
    """The full set of operations."""

    authentication_classes = (HeaderAuthentication,)
    permission_classes = (IsCaller,)
    queryset = SlowQuery.objects.all()
    serializer_class = RowSerializer
    filterset_class: type[FilterSet] | None = RowFilter
    search_fields = ("sql",)
    ordering_fields = ("count", "sql")
    revision_field = "repeated"

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        """Save and move the revision on."""
        row: Any = serializer.instance
        serializer.save(repeated=row.repeated + 1)

    @action(detail=True, methods=["post"])
    def touch(self, request: Request, pk: str) -> Response:
        """An action that minds If-Match without a line of its own."""
        row = self.get_object()
        row.repeated += 1
        row.save(update_fields=["repeated"])
        return self.entity_response(row)


class StreamOfRowsViewSet(RowViewSet):
    """The same with a cursor."""

    pagination_class = CursorPagination
    ordering = ("-count", "-id")
    filterset_class = None
    filterset_fields = ("count",)


def make_row(**values: Any) -> SlowQuery:
    """Save a row with defaults."""
    moment = "2026-01-02T03:04:05Z"
    number = SlowQuery.objects.count()
    defaults = {"fingerprint": f"f{number}", "sql": "select 1", "repeated": 1}
    return SlowQuery.objects.create(
        **{**defaults, "first_seen": moment, "last_seen": moment, **values}
    )


router = Router()
router.register("rows", RowViewSet, basename="rows")
router.register("cursor-rows", StreamOfRowsViewSet, basename="cursor-rows")

_views = [
    path("echo/", Echo.as_view()),
    path("echo-list/", EchoList.as_view()),
    path("secret/", Secret.as_view()),
    path("limited/", Limited.as_view()),
    path("stream/", Stream.as_view()),
    path("unrenderable/", Unrenderable.as_view()),
    path("refuses/", RefusesAfterWriting.as_view()),
    path("upload/", Upload.as_view()),
    path("whole/", Whole.as_view()),
    path("raises/<str:name>/", Raises.as_view()),
    *router.urls,
]
urlpatterns = [path("api/v1/", include(_views)), path("admin/", admin.site.urls)]

handler400 = errors.handler400
handler403 = errors.handler403
handler404 = errors.handler404
handler500 = errors.handler500
