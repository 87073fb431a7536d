"""How good the three ways of searching are, on collections that people have judged.

- Where `NODELOOM_BENCH_LINKED` names a folder with collections of Markdown, each link in them is a
  judgement of its author: who asks for the words of the link wants the page that it leads to. The
  page with the link is left out of the search, because it holds these very words. (Links as
  judgements: Craswell, Hawking, Robertson, "Effective site finding using link anchor information",
  SIGIR 2001.)
- Where `NODELOOM_BENCH_CRANFIELD` names a folder with the Cranfield collection in TREC's form:
  `cran.all.1400.xml`, `cran.qry.xml`, `cranqrel.trec.txt`. The judgements number the queries by
  their order, not by their `<num>`.
"""

import math
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from benchmarks.figures import NOT_RUN, Figure
from benchmarks.plan import Plan
from benchmarks.stack import Stack

DEPTH = 10
LEAST_WORDS = 2
Judgements = dict[int, dict[str, int]]
K = TypeVar("K")


@dataclass
class Question:
    """What is asked, how relevant each SOP is to it (none: not at all), and what is left out."""

    query: str
    relevance: dict[UUID, int] = field(default_factory=dict)
    without: set[UUID] = field(default_factory=set)


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield nDCG@10 of text, semantic and hybrid search; hybrid is to be the best."""
    for name, variable, questions in (
        ("linked pages", "NODELOOM_BENCH_LINKED", _linked),
        ("Cranfield", "NODELOOM_BENCH_CRANFIELD", _cranfield),
    ):
        folder = os.environ.get(variable)
        if folder:
            yield from _compare(stack, f"nDCG@10 on {name}", questions(stack, Path(folder)))
        else:
            yield Figure(f"nDCG@10 on {name}", NOT_RUN, f"set {variable}")


def _compare(stack: Stack, name: str, questions: list[Question]) -> Iterator[Figure]:
    name = f"{name} ({len(questions)} questions)"
    scores = {mode: _score(stack, mode, questions) for mode in ("text", "semantic", "hybrid")}
    for mode in ("text", "semantic"):
        yield Figure(f"{name}, {mode}", f"{scores[mode]:.3f}")
    best = max(scores["text"], scores["semantic"])
    yield Figure(
        f"{name}, hybrid against the better of both",
        f"{scores['hybrid']:.3f}",
        f"{best:.3f}",
        scores["hybrid"] / best,
        "> 1 x",
        scores["hybrid"] > best,
    )


def _linked(stack: Stack, folder: Path) -> list[Question]:
    """Return a question for each text of links between different pages of the same collection."""
    from accounts.tenancy import scope
    from knowledge_base.models import SopReference
    from knowledge_base.services.importing import import_folder
    from node_links.search.backlog import drain

    for collection in sorted(path for path in folder.iterdir() if any(path.rglob("*.md"))):
        with scope(stack.actor):
            import_folder(actor=stack.actor, folder=collection)
    drain()
    questions: dict[str, Question] = {}
    with scope(stack.actor):
        for link in SopReference.objects.resolved().between_different():
            words = " ".join(link.label.lower().split())
            if link.target_id is None or len(words.split()) < LEAST_WORDS:
                continue
            question = questions.setdefault(words, Question(words))
            question.relevance[link.target_id] = 1
            question.without.add(link.sop_id)
    for question in questions.values():
        question.without -= question.relevance.keys()
    return list(questions.values())


def _cranfield(stack: Stack, folder: Path) -> list[Question]:
    documents, queries, judgements = _read(folder)
    known = {number: pk for pk, number in _write(stack, documents).items()}
    others = _others(stack, set(known.values()))
    return [
        Question(
            query,
            {known[doc]: grade for doc, grade in judgements[number].items() if doc in known},
            others,
        )
        for number, query in enumerate(queries, start=1)
    ]


def _others(stack: Stack, own: set[UUID]) -> set[UUID]:
    from accounts.tenancy import scope
    from knowledge_base.models import Sop

    with scope(stack.actor):
        return set(Sop.objects.exclude(pk__in=own).values_list("pk", flat=True))


def _read(folder: Path) -> tuple[dict[str, tuple[str, str]], list[str], Judgements]:
    # The files are no well-formed XML: they have no root.
    text = (folder / "cran.all.1400.xml").read_text(errors="replace")
    documents = {
        _tag(doc, "docno"): (_tag(doc, "title"), _tag(doc, "text"))
        for doc in re.findall(r"<doc>(.*?)</doc>", text, re.S | re.I)
    }
    tops = re.findall(r"<top>(.*?)</top>", (folder / "cran.qry.xml").read_text(), re.S | re.I)
    queries = [_tag(top, "title") for top in tops]
    judgements: Judgements = defaultdict(dict)
    for line in (folder / "cranqrel.trec.txt").read_text().splitlines():
        if len(parts := line.split()) == 4:
            judgements[int(parts[0])][parts[2]] = max(0, int(parts[3]))
    return documents, queries, judgements


def _tag(text: str, name: str) -> str:
    found = re.search(rf"<{name}>(.*?)(?:</{name}>|\Z)", text, re.S | re.I)
    return " ".join(found[1].split()) if found else ""


def _write(stack: Stack, documents: dict[str, tuple[str, str]]) -> dict[UUID, str]:
    from accounts.tenancy import scope
    from knowledge_base.services.sops import create_sop
    from node_links.search.backlog import drain

    known = {}
    for number, (title, text) in documents.items():
        if not text:
            continue
        with scope(stack.actor):
            sop = create_sop(
                actor=stack.actor,
                title=title[:255] or number,
                content=text,
                category="cranfield",
                # One word that no query has: extracting some would be measured as well.
                search_keywords=["cranfield"],
            )
        known[sop.pk] = number
    drain()
    return known


def _score(stack: Stack, mode: str, questions: list[Question]) -> float:
    from accounts.tenancy import scope
    from knowledge_base.models import Sop
    from node_links.search.hybrid import search

    total = 0.0
    for asked in questions:
        with scope(stack.actor):
            rows = Sop.objects.exclude(pk__in=asked.without)
            page = search(
                actor=stack.actor, query=asked.query, mode=mode, limit=DEPTH, entities=rows
            )
        total += _ndcg([hit.entity_id for hit in page.hits], asked.relevance)
    return total / len(questions)


def _ndcg(found: Sequence[K], relevance: Mapping[K, int]) -> float:
    gained = sum(relevance.get(pk, 0) / math.log2(n + 2) for n, pk in enumerate(found))
    ideal = sorted(relevance.values(), reverse=True)[:DEPTH]
    best = sum(value / math.log2(n + 2) for n, value in enumerate(ideal))
    return gained / best if best else 0.0
