"""An organisation, procedures in it, and an embedder that can be told to fail."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.choices import Role
from accounts.models import Organization
from accounts.tenancy import scope, system_scope
from config import valkey
from config.doorbells import broker_outage
from knowledge_base.models import Sop
from node_links.models import NodeMetadata
from node_links.registry import NodeDescription, Passage, features
from node_links.services.nodes.syncing import sync_nodes

Write = Callable[..., Sop]


def sections(sop: Sop) -> Sequence[NodeDescription]:
    """Describe an SOP by its sections, which begin with `## `: enough Markdown for these tests."""
    parts = [part for part in ("\n" + sop.content).split("\n## ") if part.strip()]
    passages = []
    for part in parts:
        heading = part.partition("\n")[0] if not part.startswith("\n") else ""
        passages.append(Passage(part.strip(), heading, heading.lower().replace(" ", "-")))
    return [
        NodeDescription(
            node_id=None,
            node_type="sop",
            name=sop.title,
            summary=sop.summary or "",
            keywords=[*sop.search_keywords, *sop.tags],
            passages=passages,
            searchable=sop.searchable,
        )
    ]


@pytest.fixture(autouse=True)
def _plain_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Describe SOPs without the Markdown of the knowledge base; nobody keeps copies of vectors."""
    plain = replace(features.get(Sop.feature_type), describe=sections, copy_vectors=None)
    monkeypatch.setitem(features._features, Sop.feature_type, plain)


@pytest.fixture(autouse=True)
def _nothing_is_known_of_outages() -> Iterator[None]:
    """Let no test inherit another's outage."""
    valkey.outage.reset()
    broker_outage.reset()
    yield
    valkey.outage.reset()
    broker_outage.reset()


@pytest.fixture
def actor(db: None) -> Actor:
    """Return an editor of the organisation Acme."""
    return new_actor("acme")


@pytest.fixture
def write() -> Write:
    """Return a function that saves an SOP and its nodes as a service would."""
    return write_sop


def new_actor(slug: str) -> Actor:
    """Create an organisation and return an editor in it."""
    with system_scope():
        organization = Organization.objects.create(name=slug.title(), slug=slug)
    return Actor(user_id=None, organization_id=organization.pk, role=Role.EDITOR)


def write_sop(actor: Actor, title: str, content: str = "", **fields: Any) -> Sop:
    """Save an SOP of the actor's organisation, and its nodes."""
    assert actor.organization_id is not None
    with scope(actor):
        sop = Sop(organization_id=actor.organization_id, title=title, content=content, **fields)
        sop.save()
        sync_nodes(entity=sop)
    return sop


def rewrite_sop(actor: Actor, sop: Sop, **fields: Any) -> None:
    """Change an SOP, and its nodes."""
    with scope(actor):
        for name, value in fields.items():
            setattr(sop, name, value)
        sop.save()
        sync_nodes(entity=sop)


def node_of(actor: Actor, sop: Sop) -> NodeMetadata:
    """Return the SOP's own node."""
    with scope(actor):
        return NodeMetadata.objects.at(Sop.feature_type, sop.pk).get()


class FailingEmbedder:
    """Two dimensions; counts what it is asked; raises `error`, or refuses texts with a bad word."""

    model = "failing"
    dimensions = 2

    def __init__(self) -> None:
        """Work, until told otherwise."""
        self.asked: list[list[str]] = []
        self.error: Exception | None = None
        self.refuses: dict[str, Exception] = {}

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return (1, 0) for everything."""
        self.asked.append(list(texts))
        if self.error is not None:
            raise self.error
        for word, error in self.refuses.items():
            if any(word in text for text in texts):
                raise error
        return [[1.0, 0.0] for _ in texts]


_failing = FailingEmbedder()


def build_failing() -> FailingEmbedder:
    """Return the one that the test holds: what the settings name."""
    return _failing


@pytest.fixture
def embedder(settings: Settings) -> Iterator[FailingEmbedder]:
    """Put an embedder in place that the test controls."""
    settings.EMBEDDERS = {"failing": f"{__name__}.build_failing"}
    settings.EMBEDDER = "failing"
    _failing.__init__()  # type: ignore[misc]  # the registry keeps one object per path
    yield _failing


def titles(hits: Sequence[Any], sops: Sequence[Sop]) -> list[str]:
    """Return the titles of hits, in order."""
    names: dict[UUID, str] = {sop.pk: sop.title for sop in sops}
    return [names[hit.entity_id] for hit in hits]
