"""Reading uploads, whose size is known before they are read."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import DataAndFiles, MultiPartParser

from config.api.parsers import refuse_announced_length

# The boundaries, headers and short fields around the file.
_AROUND_BYTES = 64 * 1024


class UploadParser(MultiPartParser):
    """Parses `multipart/form-data` of at most MAX_UPLOAD_BYTES; larger files go to disk meanwhile.

    A body without a length is empty to the framework, so what is announced is all there can be.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        """Return the fields and files. Raises `TooLarge` before the first byte is read."""
        request = (parser_context or {}).get("request")
        if request is not None:
            refuse_announced_length(request.META, settings.MAX_UPLOAD_BYTES + _AROUND_BYTES)
        return super().parse(stream, media_type, parser_context)
