"""What stands around a model's form: its picture, findings, versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from accounts.actors import Actor
from config.admin.display import panel
from function_models.canvas.document import Canvas
from function_models.models import FunctionModel
from function_models.services.pictures import draw_state
from function_models.services.validating import Validation, validate_model
from function_models.validation.findings import Category, Finding, Findings

_CATEGORIES = {
    Category.STRUCTURAL: "Structure",
    Category.CROSS_FEATURE: "What it refers to",
    Category.EXECUTION_READINESS: "Readiness to run",
    Category.BUSINESS_RULES: "Business rules",
    Category.CONTEXT: "Context",
}

_GRADES = ("blocks", "error", "warning")


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with the name of its node and how bad it is, one of `_GRADES`."""

    finding: Finding
    node: str
    grade: str

    @property
    def rank(self) -> int:
        """0 for what is worst."""
        return _GRADES.index(self.grade)


@dataclass(frozen=True, slots=True)
class CategoryFindings:
    """What one category of checks found."""

    label: str
    told: Sequence[Told]


def facts_panel(model: FunctionModel) -> SafeString:
    """Return status, version, sizes and dates in one line."""
    canvas = model.canvas
    counts = {
        "containers": len(canvas.containers),
        "actions": len(canvas.actions),
        "dependencies": len(canvas.edges),
    }
    return panel("admin/function_models/facts.html", model=model, counts=counts)


def picture_panel(model: FunctionModel) -> SafeString:
    """Return the working copy as a picture."""
    picture = draw_state(model=model, headed=False)
    return panel("admin/function_models/picture.html", picture=picture, model=model)


def findings_panel(actor: Actor, model: FunctionModel) -> SafeString:
    """Return what validation finds, by category, the worst first."""
    found = validate_model(actor=actor, model=model)
    return panel(
        "admin/function_models/findings.html",
        report=found.report,
        categories=_by_category(found, model.canvas),
    )


def versions_panel(model: FunctionModel) -> SafeString:
    """Return the published versions, each with the way to what changed since."""
    rows = list(model.versions.select_related("author").defer("content"))
    older = [*(row.version for row in rows[1:]), ""][: len(rows)]
    return panel(
        "admin/function_models/versions.html",
        model=model,
        rows=list(zip(rows, older, strict=True)),
    )


def _by_category(found: Validation, canvas: Canvas) -> list[CategoryFindings]:
    """Return the categories, those with the worst findings first."""
    categories = [
        CategoryFindings(label, [*_told(found.report.found[category], canvas)])
        for category, label in _CATEGORIES.items()
    ]
    return sorted(categories, key=lambda one: min((g.rank for g in one.told), default=len(_GRADES)))


def _told(findings: Findings, canvas: Canvas) -> list[Told]:
    told = [Told(one, node_name(canvas, one), _grade(one)) for one in findings.errors]
    told += [Told(one, node_name(canvas, one), "warning") for one in findings.warnings]
    return sorted(told, key=lambda one: one.rank)


def _grade(error: Finding) -> str:
    return "blocks" if error.blocks_publish else "error"


def node_name(canvas: Canvas, finding: Finding) -> str:
    """Return the name of the node that a finding is about, '' for the model as a whole."""
    node = canvas.by_id.get(finding.node_id or "")
    return node.data.name if node else finding.node_id or ""
