"""`manage.py rebuild_index`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.actors import Actor
from accounts.tenancy import scope
from knowledge_base.models import Sop
from node_links.models import NodeChunk, NodeMetadata, NodePosting
from node_links.search.backlog import backlog_size, drain
from node_links.search.hybrid import search
from node_links.services import rebuilding
from tests.node_links.search.conftest import FailingEmbedder, new_actor, write_sop

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run the command, return what it says at the end."""
    out = StringIO()
    call_command("rebuild_index", *arguments, stdout=out, skip_checks=True)
    return out.getvalue().strip()


def lose_the_index(actor: Actor) -> None:
    """Lose passages and postings of the actor's organisation, and two nodes altogether."""
    with scope(actor):
        NodePosting.objects.all().delete()
        NodeChunk.objects.all().delete()
        NodeMetadata.objects.filter(name__in=["Title 0", "Title 1"]).delete()


def count(actor: Actor) -> int:
    """Return how many procedures are found by a word that all of them hold."""
    with scope(actor):
        return search(actor=actor, query="needle", mode="text").count


def test_a_lost_index_is_written_anew(
    actor: Actor, embedder: FailingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "ENTITIES_PER_TRANSACTION", 3)
    sops = [write_sop(actor, f"Title {n}", "the needle") for n in range(7)]
    with scope(actor):
        Sop.all_objects.filter(pk=sops[6].pk).update(deleted_at=sops[6].updated_at)
        NodeMetadata.objects.filter(entity_id=sops[6].pk).update(deleted_at=sops[6].updated_at)
    drain()
    lose_the_index(actor)
    assert count(actor) == 0

    assert run() == "6 entities indexed; 6 nodes wait to be embedded."

    assert count(actor) == 6
    assert drain() == 6


def test_vectors_of_unchanged_passages_are_kept(actor: Actor, embedder: FailingEmbedder) -> None:
    write_sop(actor, "Title", "the needle")
    drain()
    embedder.asked.clear()

    run()

    assert drain() == 1
    assert embedder.asked == []


def test_it_can_be_narrowed(actor: Actor) -> None:
    other = new_actor("globex")
    for one in (actor, other):
        write_sop(one, "Title", "the needle")
        lose_the_index(one)

    assert run("--organization", "globex", "--feature", "knowledge-base").startswith("1 entities")

    assert (count(actor), count(other)) == (0, 1)


def test_unknown_names_are_refused(actor: Actor) -> None:
    write_sop(actor, "Title", "the needle")
    drain()
    for arguments in (["--organization", "nobody"], ["--feature", "poem"]):
        with pytest.raises(CommandError):
            run(*arguments)

    assert backlog_size() == 0
