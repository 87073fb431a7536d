"""The formats that are known; the first importer that recognises a file reads it."""

from function_models.exchange.faces import ExchangeError, Exporter, Importer, Source
from function_models.exchange.mermaid import MermaidExporter
from function_models.exchange.own.reading import OwnImporter
from function_models.exchange.own.writing import OwnExporter
from function_models.exchange.reactflow.reading import ReactFlowImporter
from function_models.exchange.reactflow.writing import OriginalExporter, ReactFlowExporter
from function_models.exchange.record import ModelRecord

IMPORTERS: tuple[Importer, ...] = (OwnImporter(), ReactFlowImporter())
EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (OwnExporter(), ReactFlowExporter(), OriginalExporter(), MermaidExporter())
}
SUFFIXES = frozenset(suffix for importer in IMPORTERS for suffix in importer.suffixes)


def read_model(path: str, data: bytes) -> ModelRecord:
    """Return the model in a file. Raises `ExchangeError`, with `unknown_format` where no importer
    knows it.
    """
    source = Source.of(path, data)
    for importer in IMPORTERS:
        if path.lower().endswith(importer.suffixes) and importer.recognises(source):
            return importer.read(source)
    raise ExchangeError.of(path, "unknown_format", "This is no model in a format known here.")
