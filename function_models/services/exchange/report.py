"""What an import did."""

from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from function_models.exchange.record import Finding

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@dataclass(slots=True)
class ImportedModel:
    """What became of one file. `id` is null where a dry run would have created it."""

    path: str
    format: str
    action: str
    id: UUID | None
    name: str
    nodes: int
    edges: int
    versions: int
    links: int = 0
    findings: list[Finding] = field(default_factory=list)

    def tell(self, code: str, message: str, place: str = "") -> None:
        """Keep a finding."""
        self.findings.append(Finding(code, message, place))


@dataclass(slots=True)
class ImportReport:
    """What an import did; with `dry_run`, what it would do."""

    dry_run: bool
    files: int
    ignored: int
    models: list[ImportedModel] = field(default_factory=list)

    def count(self, action: str) -> int:
        """Return how many models were created, updated or left unchanged."""
        return sum(model.action == action for model in self.models)

    @property
    def links(self) -> int:
        """How many links were made."""
        return sum(model.links for model in self.models)

    @property
    def dangling(self) -> int:
        """How many references and links found nothing here."""
        codes = [finding.code for model in self.models for finding in model.findings]
        return sum(code in ("dangling_reference", "dangling_link") for code in codes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        counts = {action: self.count(action) for action in (CREATED, UPDATED, UNCHANGED)}
        told = {"dry_run": self.dry_run, "files": self.files, "ignored": self.ignored, **counts}
        rows = [asdict(model) for model in self.models]
        return {**told, "links": self.links, "dangling": self.dangling, "models": rows}
