"""What the documents say of addresses, variables and files is so."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.urls import Resolver404, resolve

from knowledge_base.markdown.document import parse

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
] + sorted((ROOT / "docs").rglob("*.md"))
APPS = ("config", "accounts", "node_links", "knowledge_base")
ANY_ID = "01a1fdaa-1706-74f7-99fd-030eb0db9408"
UNPREFIXED = {
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "BROKER_URL",
    "OPENAI_BASE_URL",
    "OPENAI_API_KEY",
}
# Handed to the containers' servers by docker-compose.yml; nothing of ours reads them.
OF_COMPOSE = {"NODELOOM_OWNER_PASSWORD", "NODELOOM_APP_PASSWORD", "NODELOOM_VALKEY_PASSWORD"}
_READS = re.compile(
    r"\benv(?:ironment)?\.(?P<kind>text|flag|whole|numbers?|words|url)\(\s*\"(?P<name>[A-Z_]+)\""
)


def variables_read() -> set[str]:
    """Every variable of the environment that the code asks for."""
    found = {"NODELOOM_DATA_DIR", "NODELOOM_SECRET_KEY"}  # read inside config/env.py
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for match in _READS.finditer(path.read_text(encoding="utf-8")):
                prefix = "" if match["kind"] == "url" else "NODELOOM_"
                found.add(prefix + match["name"])
    return found


def variables_named(text: str) -> set[str]:
    """Every variable of ours that a text names."""
    return set(re.findall(r"\bNODELOOM_[A-Z_]+\b", text)) | {
        name for name in UNPREFIXED if re.search(rf"\b{name}\b", text)
    }


def addresses(text: str) -> set[str]:
    """The paths that the shell blocks of a text ask for, their ids filled in."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    found = {path for block in blocks for path in re.findall(r"\$NODELOOM(/[^\s\"'?]*)", block)}
    return {re.sub(r"\$[A-Z]+", ANY_ID, path) for path in found}


def test_every_variable_that_is_read_is_described_and_the_reverse() -> None:
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", operations, re.M))

    assert described == variables_read()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_names_a_variable_that_nothing_reads(page: Path) -> None:
    assert variables_named(page.read_text(encoding="utf-8")) <= variables_read() | OF_COMPOSE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_address_in_a_shell_block_leads_somewhere(page: Path) -> None:
    for path in addresses(page.read_text(encoding="utf-8")):
        try:
            resolve(path)
        except Resolver404:
            pytest.fail(f"{page.name} asks for {path}, which no route answers.")


def test_the_tour_visits_the_whole_of_the_platform() -> None:
    visited = {resolve(path).view_name for path in addresses((ROOT / "README.md").read_text())}

    assert visited >= {
        "auth-token",
        "health-ready",
        "metrics",
        "organizations-list",
        "sops-backlinks",
        "sops-compare",
        "sops-dangling",
        "sops-import-",
        "sops-list",
        "sops-publish",
        "sops-references",
        "sops-search",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_finds_its_file_and_its_heading(page: Path) -> None:
    for link in parse(page.read_text(encoding="utf-8")).links:
        if link.kind != "markdown":
            continue
        target = (page.parent / unquote(link.target)).resolve()
        assert target.exists(), f"{page.name} links to {link.target}"
        if link.fragment:
            headings = parse(target.read_text(encoding="utf-8")).headings
            assert link.fragment in {heading.anchor for heading in headings}, link
