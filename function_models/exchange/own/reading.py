"""Reading our own format."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from config.exceptions import FieldError, ValidationFailed
from function_models.exchange.faces import ExchangeError, Source
from function_models.exchange.own.shape import FORMAT, End, ModelFile, check_drawing
from function_models.exchange.record import (
    ForeignEnd,
    Head,
    LinkRecord,
    ModelRecord,
    ReferenceRecord,
    VersionRecord,
)
from node_links.canvas.faults import faults_of


class OwnImporter:
    """Our own format in."""

    name = "json"
    suffixes: tuple[str, ...] = (".json",)

    def recognises(self, source: Source) -> bool:
        """Say whether the file names the format."""
        document = source.document
        return isinstance(document, dict) and document.get("format") == FORMAT

    def read(self, source: Source) -> ModelRecord:
        """Return the model. Raises `ExchangeError` with every fault of the file."""
        try:
            file = ModelFile.model_validate(source.document)
        except ValidationError as error:
            raise ExchangeError(source.path, list(faults_of(error))) from error
        faults = [*_faults(file.canvas, "/canvas")]
        for index, version in enumerate(file.versions):
            faults += _faults(version.content.document, f"/versions/{index}/content")
        if faults:
            raise ExchangeError(source.path, faults)
        return replace(_record(file), source=source.path, format=self.name)


def _faults(document: Any, pointer: str) -> list[FieldError]:
    try:
        check_drawing(document)
    except ValidationFailed as refusal:
        return [
            FieldError(pointer + fault.pointer, fault.code, fault.message)
            for fault in refusal.errors
        ]
    return []


def _record(file: ModelFile) -> ModelRecord:
    return ModelRecord(
        external_id=file.external_id,
        fields=file.fields.model_dump(),
        document=file.canvas,
        head=Head(**file.state.model_dump()),
        versions=tuple(
            VersionRecord(**{**version.model_dump(), "content": version.content.model_dump()})
            for version in file.versions
        ),
        references=tuple(
            ReferenceRecord(reference.value, _end(reference.target))
            for reference in file.references
        ),
        links=tuple(
            LinkRecord(**{**link.model_dump(), "other": _end(link.other)}) for link in file.links
        ),
    )


def _end(end: End) -> ForeignEnd:
    return ForeignEnd(end.feature, end.external_id, end.name, end.node_id)
