"""Steps that use the knowledge base, as the person who started the run may see it."""

from typing import Any

import pytest
from pydantic import ValidationError

from accounts.actors import Actor
from accounts.tenancy import scope
from config.exceptions import ExternalServiceException
from knowledge_base.models import Sop
from knowledge_base.services.sops import archive_sop, delete_sop, publish_sop, update_sop
from node_links.search import hybrid
from node_links.search.backlog import drain
from spindles.choices import Category
from spindles.registry.kinds import Reference, step_kinds
from spindles.registry.results import Done, Result, StepError, Used
from tests.factories import Cast, make_sop
from tests.spindles.steps.running import context_of, run_step

pytestmark = pytest.mark.django_db


def run(actor: Actor, kind: str, **params: Any) -> Result:
    """Return what the step answers, run for `actor`."""
    with scope(actor):
        return run_step(kind, params, context=context_of(actor))


def refusal(actor: Actor, kind: str, **params: Any) -> StepError:
    """Return why the step failed."""
    with pytest.raises(StepError) as failure:
        run(actor, kind, **params)
    return failure.value


@pytest.fixture
def runbook(cast: Cast) -> Sop:
    """Return an SOP with the versions 1.0.0 and 1.1.0, the second live, and a draft after it."""
    sop = make_sop(cast.editor, title="Restart the pump", content="# One", tags=["pumps"])
    actor = cast.owner.actor
    with scope(actor):
        publish_sop(actor=actor, pk=sop.pk)
        for content in ("# Two", "# Draft"):
            update_sop(actor=actor, pk=sop.pk, values={"content": content})
            if content == "# Two":
                publish_sop(actor=actor, pk=sop.pk)
    return sop


def read(result: Result) -> dict[str, Any]:
    """Return the output."""
    assert isinstance(result, Done)
    output: dict[str, Any] = result.output
    return output


@pytest.mark.parametrize("version", [None, "published"])
def test_the_live_version_is_read_and_noted(cast: Cast, runbook: Sop, version: Any) -> None:
    done = run(cast.viewer.actor, "kb_read", sop=str(runbook.pk), version=version)

    output = read(done)
    assert done == Done(
        {
            "sop_id": str(runbook.pk),
            "slug": "restart-the-pump",
            "version": "1.1.0",
            "content_hash": output["content_hash"],
            "title": "Restart the pump",
            "content": "# Two",
            "summary": None,
            "category": None,
            "tags": ["pumps"],
            "content_type": "procedure",
            "author": output["author"],
        },
        used=[Used("knowledge-base", runbook.pk, "consumes", version="1.1.0")],
    )


def test_a_pinned_version_is_read(cast: Cast, runbook: Sop) -> None:
    done = run(cast.viewer.actor, "kb_read", sop=str(runbook.pk), version="1.0.0")

    assert (read(done)["content"], read(done)["version"]) == ("# One", "1.0.0")
    assert isinstance(done, Done)
    assert [used.version for used in done.used] == ["1.0.0"]


@pytest.mark.parametrize(
    "name", ["restart-the-pump", "Restart the pump", "RESTART THE PUMP", "/restart-the-pump.md"]
)
def test_an_sop_is_found_by_its_slug_or_title(cast: Cast, runbook: Sop, name: str) -> None:
    assert read(run(cast.viewer.actor, "kb_read", sop=name))["sop_id"] == str(runbook.pk)


def test_an_sop_of_a_collection_is_found_by_its_path(cast: Cast) -> None:
    sop = make_sop(cast.owner, title="Elsewhere", source_path="ops/mail/restart.md")
    with scope(cast.owner.actor):
        publish_sop(actor=cast.owner.actor, pk=sop.pk)

    for name in ("ops/mail/restart", "restart", "/ops/mail/restart.md"):
        assert read(run(cast.viewer.actor, "kb_read", sop=name))["slug"] == "ops/mail/restart"


def test_what_is_not_there_fails_for_good(cast: Cast, runbook: Sop) -> None:
    failures = [
        refusal(cast.viewer.actor, "kb_read", sop=str(runbook.pk), version="9.9.9"),
        refusal(cast.viewer.actor, "kb_read", sop="no such thing"),
        refusal(cast.stranger.actor, "kb_read", sop=str(runbook.pk)),
        refusal(cast.stranger.actor, "kb_read", sop="restart-the-pump"),
    ]
    with scope(cast.owner.actor):
        delete_sop(actor=cast.owner.actor, pk=runbook.pk)
    failures.append(refusal(cast.viewer.actor, "kb_read", sop="restart-the-pump"))

    assert {(one.code, one.category, one.retryable) for one in failures} == {
        ("not_found", Category.VALIDATION, False)
    }


def test_an_sop_that_was_never_published_is_not_read(cast: Cast) -> None:
    make_sop(cast.editor, title="Only a draft")

    failure = refusal(cast.editor.actor, "kb_read", sop="only-a-draft")
    assert (failure.code, failure.retryable) == ("not_published", False)
    assert failure.message == "Only a draft was never published."


def test_the_reference_is_told_before_it_runs() -> None:
    kind = step_kinds.get("kb_read")
    assert kind is not None

    assert list(kind.references({"sop": "a", "version": "published"})) == [
        Reference("/sop", "knowledge-base", "a")
    ]
    assert list(kind.references({"sop": "${{ inputs.sop }}"})) == []
    assert list(kind.references({})) == []


def test_hits_are_those_that_the_actor_may_see(cast: Cast, runbook: Sop) -> None:
    make_sop(cast.stranger, title="Restart the pump of others")
    archived = make_sop(cast.owner, title="Restart the old pump")
    with scope(cast.owner.actor):
        archive_sop(actor=cast.owner.actor, pk=archived.pk)
    drain()

    output = read(run(cast.viewer.actor, "kb_search", query="restart pump", mode="text"))

    [hit] = output.pop("hits")
    assert output == {"count": 1, "mode": "text", "degraded": False}
    assert (hit["sop_id"], hit["slug"], hit["version"]) == (
        str(runbook.pk), "restart-the-pump", "1.1.0"
    )  # fmt: skip
    assert hit["title"] == "Restart the pump"
    assert hit["score"] > 0
    assert {"heading", "anchor", "passage"} <= hit.keys()


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"tags": ["pumps", "x"]}, 1),
        ({"tags": ["x"]}, 0),
        ({"category": "none"}, 0),
        ({"limit": 1, "mode": "hybrid"}, 1),
    ],
)
def test_a_search_is_narrowed(cast: Cast, runbook: Sop, params: dict[str, Any], count: int) -> None:
    drain()

    output = read(run(cast.viewer.actor, "kb_search", query="pump", **params))
    assert len(output["hits"]) == count


def test_an_embedder_that_is_away_is_tried_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise ExternalServiceException("The embedder did not answer.", "embedder", "http://e")

    monkeypatch.setattr(hybrid, "rank_by_meaning", away)

    failure = refusal(cast.viewer.actor, "kb_search", query="pump", mode="semantic")
    assert (failure.code, failure.category) == ("external_service_error", Category.EXTERNAL)
    assert failure.retryable is True


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("kb_read", {}),
        ("kb_read", {"sop": ""}),
        ("kb_read", {"sop": "a", "version": "1"}),
        ("kb_read", {"sop": "a", "version": "draft"}),
        ("kb_search", {"query": ""}),
        ("kb_search", {"query": "x" * 1001}),
        ("kb_search", {"query": "x", "mode": "magic"}),
        ("kb_search", {"query": "x", "limit": 51}),
    ],
)
def test_parameters_outside_the_schema_are_refused(
    cast: Cast, kind: str, params: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        run(cast.viewer.actor, kind, **params)
