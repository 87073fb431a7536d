"""How good the three ways of searching are, on a collection that people have judged.

Runs where `NODELOOM_BENCH_CRANFIELD` names a folder with the Cranfield collection in TREC's form:
`cran.all.1400.xml`, `cran.qry.xml`, `cranqrel.trec.txt`. The judgements number the queries by their
order, not by their `<num>`.
"""

import math
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from benchmarks.figures import NOT_RUN, Figure
from benchmarks.plan import Plan
from benchmarks.stack import Stack

NAME = "nDCG@10 on Cranfield"
DEPTH = 10
Judgements = dict[int, dict[str, int]]


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield nDCG@10 of text, semantic and hybrid search; hybrid is to be the best."""
    folder = os.environ.get("NODELOOM_BENCH_CRANFIELD")
    if not folder:
        yield Figure(NAME, NOT_RUN, "set NODELOOM_BENCH_CRANFIELD")
        return
    documents, queries, judgements = _read(Path(folder))
    known = _write(stack, documents)
    scores = {
        mode: _score(stack, mode, queries, judgements, known)
        for mode in ("text", "semantic", "hybrid")
    }
    for mode in ("text", "semantic"):
        yield Figure(f"{NAME}, {mode}", f"{scores[mode]:.3f}")
    best = max(scores["text"], scores["semantic"])
    yield Figure(
        f"{NAME}, hybrid against the better of both",
        f"{scores['hybrid']:.3f}",
        f"{best:.3f}",
        scores["hybrid"] / best,
        "> 1 x",
        scores["hybrid"] > best,
    )


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


def _score(
    stack: Stack, mode: str, queries: list[str], judgements: Judgements, known: dict[UUID, str]
) -> float:
    from accounts.tenancy import scope
    from knowledge_base.models import Sop
    from node_links.search.hybrid import search

    total = 0.0
    for number, query in enumerate(queries, start=1):
        with scope(stack.actor):
            entities = Sop.objects.filter(category="cranfield")
            page = search(actor=stack.actor, query=query, mode=mode, limit=DEPTH, entities=entities)
        total += _ndcg([known[hit.entity_id] for hit in page.hits], judgements[number])
    return total / len(queries)


def _ndcg(found: list[str], relevance: dict[str, int]) -> float:
    gained = sum(relevance.get(doc, 0) / math.log2(n + 2) for n, doc in enumerate(found))
    ideal = sorted(relevance.values(), reverse=True)[:DEPTH]
    best = sum(value / math.log2(n + 2) for n, value in enumerate(ideal))
    return gained / best if best else 0.0
