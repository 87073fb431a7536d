"""Budgets, personal data, and what leaves the house."""

from function_models.canvas.nodes import TetherData
from function_models.canvas.policies import cpu_units, memory_mb
from function_models.comparison import compare_contents
from function_models.validation.findings import Findings
from function_models.validation.subject import Subject

MEMORY_BUDGET_MB = 16_384
CPU_BUDGET = 32
# What a tether counts that declares nothing.
_ASSUMED_MEMORY_MB = 512
_ASSUMED_CPU = 1
_LARGE_MB = 8192
_MANY_ACTIONS = 5


def check_budgets(subject: Subject, findings: Findings) -> None:
    """All tethers together stay inside the budgets; none is very large."""
    memory = cpu = 0.0
    for action in subject.canvas.actions:
        if not isinstance(action.data, TetherData):
            continue
        needs = action.data.resource_requirements
        own = memory_mb(needs.memory) if needs and needs.memory is not None else None
        memory += _ASSUMED_MEMORY_MB if own is None else own
        units = cpu_units(needs.cpu) if needs and needs.cpu is not None else None
        cpu += _ASSUMED_CPU if units is None else units
        if own is not None and own > _LARGE_MB:
            findings.warn(
                "large_action", f"More than {_LARGE_MB} MB.", node_id=action.id,
                field="resource_requirements",
            )  # fmt: skip
    if memory > MEMORY_BUDGET_MB:
        findings.fail(
            "memory_budget", f"All tethers need {memory:g} MB; {MEMORY_BUDGET_MB} are allowed."
        )
    if cpu > CPU_BUDGET:
        findings.fail("cpu_budget", f"All tethers need {cpu:g} units; {CPU_BUDGET} are allowed.")


def check_personal_data(subject: Subject, findings: Findings) -> None:
    """Personal data are encrypted, and shared with consent only."""
    for node in subject.canvas.nodes:
        facts, where = node.data.metadata, {"node_id": node.id, "field": "metadata"}
        shared = facts.get("external_sharing") is True
        if facts.get("data_classification") == "personal":
            if facts.get("encrypted") is not True:
                findings.fail(
                    "personal_data_unencrypted", "Encrypt them and say `encrypted`.", **where
                )
            if shared and facts.get("consent_recorded") is not True:
                findings.fail(
                    "personal_data_without_consent", "Record the consent to share them.", **where
                )
        if shared and subject.metadata.get("external_sharing_approved") is not True:
            findings.fail(
                "external_sharing_unapproved",
                "The model's metadata has to say `external_sharing_approved`.",
                **where,
            )


def check_endpoints(subject: Subject, findings: Findings) -> None:
    """Outside endpoints have passed a security scan."""
    for action in subject.canvas.actions:
        if not isinstance(action.data, TetherData) or action.data.integration_config is None:
            continue
        scanned = action.data.metadata.get("security_scan") == "completed"
        if action.data.integration_config.endpoint and not scanned:
            findings.fail(
                "external_endpoint_unscanned",
                "Its metadata has to say that `security_scan` is completed.",
                node_id=action.id,
                field="integration_config",
            )


def check_people(subject: Subject, findings: Findings) -> None:
    """The owner needs no other place in the permissions."""
    owner = subject.permissions.get("owner")
    lists = (names for key, names in subject.permissions.items() if key != "owner")
    if owner is not None and any(owner in names for names in lists):
        findings.warn("owner_listed_twice", "The owner may do everything without being listed.")


def check_parallelism(subject: Subject, findings: Findings) -> None:
    """Many actions do not all wait for each other."""
    for container in subject.canvas.containers:
        actions = subject.actions_of(container.id)
        side_by_side = any(action.data.execution_mode == "parallel" for action in actions)
        if len(actions) > _MANY_ACTIONS and not side_by_side:
            findings.warn(
                "no_parallelism", f"{len(actions)} actions, one after the other.",
                node_id=container.id,
            )  # fmt: skip


def check_breaking_changes(subject: Subject, findings: Findings) -> None:
    """What clients notice raises the first number of the version."""
    if subject.live_content is None or subject.content is None or subject.major_step:
        return
    if compare_contents(subject.live_content, subject.content).breaking:
        findings.warn(
            "breaking_change_without_major",
            "A node is gone or a contract has changed since the live version: make it a major one.",
        )


CHECKS = (
    check_budgets,
    check_personal_data,
    check_endpoints,
    check_people,
    check_parallelism,
    check_breaking_changes,
)
