"""A refused body is read to its end, so that its sender gets to see the refusal."""

from io import BytesIO

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from config.middleware import RequestContextMiddleware


def post(body: bytes, status: int) -> BytesIO:
    """Send `body` to a view that answers `status` without reading; return the client's stream."""
    stream = BytesIO(body)
    environ = RequestFactory().post("/api/v1/x/").environ
    environ |= {"wsgi.input": stream, "CONTENT_LENGTH": str(len(body))}

    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=status)

    RequestContextMiddleware(answer)(WSGIRequest(environ))
    return stream


def test_a_refused_body_is_read_to_its_end() -> None:
    body = b"x" * 300_000

    assert post(body, 413).tell() == len(body)


def test_a_body_that_nobody_refused_is_left_to_the_view() -> None:
    assert post(b"x" * 300_000, 200).tell() == 0


@override_settings(MAX_UPLOAD_BYTES=100_000)
def test_a_body_beyond_all_limits_is_cut_off() -> None:
    assert post(b"x" * 200_001, 413).tell() == 0


def test_a_body_without_a_length_is_left_alone() -> None:
    assert post(b"", 400).tell() == 0
