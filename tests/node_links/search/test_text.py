"""The text side of the index: any text that an entity may hold can be indexed."""

import pytest
from django.db import connection

from accounts.actors import Actor
from accounts.tenancy import scope
from node_links.models import DirtyNode, NodeChunk, NodePosting
from tests.node_links.search.conftest import node_of, rewrite_sop, write_sop

pytestmark = pytest.mark.django_db

MEGABYTE = 1024 * 1024
TEXTS = {
    "one word": "x" * MEGABYTE,
    "no blanks": "漢字" * (MEGABYTE // 6),
    "many different words": " ".join(f"{n:x}" for n in range(MEGABYTE // 6)),
    "hyphenated words": "-".join(f"w{n}" for n in range(MEGABYTE // 8)),
    "short hyphenated words": " ".join(f"a{n}-b{n}" for n in range(MEGABYTE // 14)),
    "addresses": " ".join(f"http://h{n}.example/p{n}/q?r=s" for n in range(MEGABYTE // 36)),
    "one letter words": " ".join(chr(0x3400 + n % 20000) for n in range(MEGABYTE // 4)),
    "letters that grow": "Ⱥİ " * (MEGABYTE // 6),
    "signs": "<&>'\\\"%s{}|!:*()" * (MEGABYTE // 16),
    "tags": "<b>" * (MEGABYTE // 3),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_any_text_of_a_megabyte_can_be_indexed(actor: Actor, text: str) -> None:
    assert MEGABYTE * 0.8 <= len(text.encode()) <= MEGABYTE

    sop = write_sop(actor, "Large", text)

    with scope(actor):
        chunks = NodeChunk.objects.filter(node__entity_id=sop.pk).order_by("ordinal")
        stored = "".join(chunks.values_list("text", flat=True))
        assert stored.strip() == text.strip()
        assert max(len(part.encode()) for part in chunks.values_list("text", flat=True)) <= 60_000
        assert NodePosting.objects.filter(node__entity_id=sop.pk, lexeme="larg").count() == 1


def test_a_section_that_did_not_change_keeps_its_row(actor: Actor) -> None:
    sop = write_sop(actor, "Title", "Start.\n## One\nfirst\n## Two\nsecond")
    with scope(actor):
        before = dict(NodeChunk.objects.values_list("ordinal", "pk"))

    rewrite_sop(actor, sop, content="Start.\n## One\nchanged\n## Two\nsecond")

    with scope(actor):
        after = dict(NodeChunk.objects.values_list("ordinal", "pk"))
    assert (before[0], before[2]) == (after[0], after[2])
    assert before[1] != after[1]


def test_marking_again_makes_the_row_due_and_forgets_its_failures(actor: Actor) -> None:
    sop = write_sop(actor, "Title", "text")
    node = node_of(actor, sop)
    with scope(actor):
        before = DirtyNode.objects.get()
        DirtyNode.objects.update(attempts=3, last_error="down")

    rewrite_sop(actor, sop, content="other text")

    with scope(actor):
        row = DirtyNode.objects.get()
    assert (row.pk, row.attempts, row.last_error) == (node.pk, 0, "")
    assert row.marked_at > before.marked_at
    assert row.not_before == row.marked_at


def test_saving_the_same_text_marks_nothing(actor: Actor) -> None:
    sop = write_sop(actor, "Title", "text")
    with scope(actor):
        DirtyNode.objects.all().delete()

    rewrite_sop(actor, sop, node_position={"x": 5, "y": 6})

    with scope(actor):
        assert DirtyNode.objects.count() == 0


def test_a_word_that_stays_keeps_its_posting_where_it_is(actor: Actor) -> None:
    def postings() -> dict[str, tuple[float, str]]:
        with scope(actor), connection.cursor() as cursor:
            cursor.execute("SELECT lexeme, frequency, ctid::text FROM node_postings")
            return {lexeme: (frequency, place) for lexeme, frequency, place in cursor.fetchall()}

    sop = write_sop(actor, "Pumps", "valve valve gauge hose")
    before = postings()

    rewrite_sop(actor, sop, content="valve gauge motor")

    after = postings()
    weights = {lexeme: frequency for lexeme, (frequency, _) in after.items()}
    assert weights == {"pump": 4, "valv": 1, "gaug": 1, "motor": 1}
    assert (before["valv"][0], sorted(set(before) - set(after))) == (2, ["hose"])
    assert {name for name in before if before[name] == after.get(name)} == {"pump", "gaug"}
    assert node_of(actor, sop).text_length == sum(weights.values())
