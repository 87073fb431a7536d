"""Where others post to: `/api/v1/hooks/{path}/`, without signing in."""

from email.message import Message
from typing import Any, Literal
from urllib.parse import parse_qs

from django.conf import settings
from django.db import transaction
from django.utils.decorators import method_decorator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.parsers import parse_json, refuse_announced_length
from config.api.views import APIView
from config.exceptions import TooLarge, UnsupportedMedia, ValidationFailed
from spindles.api.triggers.serializers import DeliveryAcceptedSerializer
from spindles.services.triggers.hooks import Delivery, accept_delivery, find_hook

MAX_ID = 200
FORM = "application/x-www-form-urlencoded"
HEADER: Literal["header"] = "header"
HEADERS = [
    OpenApiParameter("webhook-id", str, HEADER, description="Names the delivery, for a day."),
    OpenApiParameter("webhook-timestamp", str, HEADER, description="Seconds since 1970."),
    OpenApiParameter(
        "webhook-signature",
        str,
        HEADER,
        description="`v1,` and the HMAC-SHA-256 of `id.timestamp.body` in base64.",
    ),
]


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class HookView(APIView):
    """An inbound webhook. It minds its own transactions: what was refused is written down too."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "hook"
    replays = False

    @extend_schema(
        parameters=HEADERS,
        request={"application/json": OpenApiTypes.OBJECT, FORM: OpenApiTypes.OBJECT},
        responses={202: DeliveryAcceptedSerializer},
    )
    def post(self, request: Request, path: str, organization: str | None = None) -> Response:
        """Start the spindle that listens here.

        The body is `trigger.payload` of the run; members named like declared inputs fill them. A
        delivery is signed as Standard Webhooks describes it, or carries a bearer token. The same
        `webhook-id` within 24 hours is answered with the first run.
        """
        delivery = _read(request)
        hook = find_hook(path=path, organization=organization, delivery=delivery)
        payload = _payload(request.content_type or "", delivery.body)
        execution_id = accept_delivery(hook=hook, delivery=delivery, payload=payload)
        told = {
            "execution_id": execution_id,
            "delivery_id": delivery.delivery_id or None,
            "status": "accepted",
        }
        return Response(DeliveryAcceptedSerializer(told).data, status=status.HTTP_202_ACCEPTED)

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 (RFC 6750)."""
        return 'Bearer realm="hook"'

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Add the challenge that a 401 has to carry (RFC 9110, section 11.6.1)."""
        if response.status_code == status.HTTP_401_UNAUTHORIZED:
            response["WWW-Authenticate"] = self.get_authenticate_header(request)
        return super().finalize_response(request, response, *args, **kwargs)


@extend_schema_view(post=extend_schema(operation_id="organization_hooks_create"))
class OrganizationHookView(HookView):
    """The same under an address that names the organisation by its slug."""


def _read(request: Request) -> Delivery:
    limit = settings.HOOK_MAX_BYTES
    refuse_announced_length(request.META, limit)
    body = request._request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"A body may have {limit} bytes.")
    delivery_id = request.headers.get("webhook-id") or request.headers.get("Idempotency-Key") or ""
    if len(delivery_id) > MAX_ID:
        message = f"The id of a delivery has at most {MAX_ID} characters."
        raise ValidationFailed.of("", "max_length", message)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return Delivery(
        body=body,
        delivery_id=delivery_id,
        timestamp=request.headers.get("webhook-timestamp", ""),
        signatures=request.headers.get("webhook-signature", ""),
        token=token.strip() if scheme.lower() == "bearer" else "",
    )


def _payload(content_type: str, body: bytes) -> Any:
    """Return what the body says: JSON, the fields of a form, text, or nothing.

    Raises `UnsupportedMedia`, and `ValidationFailed` for what is not what it says.
    """
    if not body:
        return None
    message = Message()
    message["Content-Type"] = content_type
    kind = message.get_content_type() if content_type else "application/json"
    if kind == "application/json" or kind.endswith("+json"):
        return parse_json(body)
    try:
        text = body.decode(message.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError) as error:
        raise ValidationFailed.of("", "malformed", "The body is not in its charset.") from error
    if "\x00" in text:
        raise ValidationFailed.of("", "null_character", "Text must not hold the null character.")
    if kind == FORM:
        fields = parse_qs(text, keep_blank_values=True)
        return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}
    if kind.startswith("text/"):
        return text
    raise UnsupportedMedia("A webhook takes JSON, a form or text.")
