"""Whether what the drawing refers to is there, and may be used as drawn."""

from typing import Any

from function_models.canvas.nodes import PUBLISHED, IoNode, TetherData
from function_models.canvas.references import references_of
from function_models.validation.findings import Findings
from function_models.validation.subject import Subject


def check_references(subject: Subject, findings: Findings) -> None:
    """Every spindle, SOP and model is there, in the version named, and is live."""
    for reference in references_of(subject.canvas):
        where = {"node_id": reference.node_id, "field": reference.field}
        target = subject.targets.get((reference.feature, reference.entity_id))
        if target is None:
            findings.block(
                "dangling_reference", f"There is no such {reference.feature}: choose one.", **where
            )
            continue
        if reference.version != PUBLISHED and reference.version not in target.versions:
            findings.block(
                "version_unknown",
                f"It has no version {reference.version}.",
                node_id=reference.node_id,
                field=reference.version_field,
            )
        if not target.live:
            findings.fail(
                "reference_not_live", "Nothing of it is published: a run could not use it.", **where
            )
        if target.deprecated:
            findings.warn("reference_deprecated", "It should no longer be used.", **where)


def check_contracts(subject: Subject, findings: Findings) -> None:
    """What an IO node requires is provided by something before it, where anything says so."""
    for node in subject.boundaries:
        needed = _required(node)
        before = [subject.canvas.by_id[known] for known in subject.graph.dependencies_of(node.id)]
        declared = [
            _provided(source)
            for source in before
            if isinstance(source, IoNode) and _declares(source)
        ]
        if not declared:
            continue
        missing = sorted(needed - set().union(*declared))
        if missing:
            findings.fail(
                "contract_mismatch",
                f"Nothing before it provides {', '.join(missing)}.",
                node_id=node.id,
            )


def check_data(subject: Subject, findings: Findings) -> None:
    """Restricted data stay inside, and outside endpoints are spoken to safely."""
    for action in subject.canvas.actions:
        data = action.data
        if data.metadata.get("data_classification") == "restricted":
            findings.fail(
                "restricted_data_crossing",
                "Restricted data would be fed to another feature.",
                node_id=action.id,
                field="metadata",
            )
        if not isinstance(data, TetherData) or data.integration_config is None:
            continue
        authentication = data.integration_config.authentication
        if authentication is None:
            continue
        where = {"node_id": action.id, "field": "integration_config"}
        if authentication.required and not authentication.method:
            findings.fail("authentication_method_missing", "Say how it authenticates.", **where)
        if (authentication.method or "").lower() == "basic":
            findings.warn("basic_authentication", "A password is sent with each call.", **where)


def _required(node: IoNode) -> set[str]:
    contract = node.data.input_data_contract or node.data.output_data_contract or {}
    return {name for name in contract.get("required", ()) if isinstance(name, str)}


def _provided(node: IoNode) -> set[str]:
    contract: dict[str, Any] = node.data.output_data_contract or node.data.input_data_contract or {}
    return set(contract.get("properties", {})) | _required(node)


def _declares(node: IoNode) -> bool:
    return node.data.output_data_contract is not None or node.data.input_data_contract is not None


CHECKS = (check_references, check_contracts, check_data)
