"""Writing our own format: the same model gives the same bytes."""

from dataclasses import asdict

import orjson

from function_models.exchange.own.shape import FORMAT, FORMAT_VERSION
from function_models.exchange.record import ModelRecord


class OwnExporter:
    """Our own format out."""

    name = "json"
    suffix = ".json"
    media_type = "application/json"

    def write(self, record: ModelRecord) -> bytes:
        """Return the file."""
        file = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "external_id": record.external_id,
            "state": asdict(record.head),
            "fields": record.fields,
            "canvas": record.document,
            "versions": [asdict(version) for version in record.versions],
            "references": [asdict(reference) for reference in record.references],
            "links": [asdict(link) for link in record.links],
        }
        return orjson.dumps(file, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
