"""What may run: which version, in which state, with which inputs; and what a run would do."""

from typing import Any

import pytest

from accounts.tenancy import scope
from config.exceptions import Conflict, Forbidden, InvalidTransition, NotFound, ValidationFailed
from node_links.choices import Bump
from spindles.models import Spindle, StoredPlan
from spindles.registry.runnables import Prepared, runnables
from spindles.services.life_cycle import (
    activate_spindle,
    archive_spindle,
    deactivate_spindle,
    delete_spindle,
    deprecate_spindle,
)
from spindles.services.plans import load_plan
from spindles.services.publishing import open_spindle_version, publish_spindle
from spindles.services.running import dry_run
from spindles.services.spindles import update_spindle
from tests.factories import Cast, Person, make_spindle
from tests.spindles.definitions.writing import step

pytestmark = pytest.mark.django_db

INPUTS = [
    {"name": "host", "type": "string"},
    {"name": "tries", "type": "integer", "default": 3},
    {"name": "mode", "type": "enum", "values": ["fast", "safe"], "required": False},
]


def prepare(person: Person, spindle: Spindle, **asked: Any) -> Prepared:
    """Ask for a run in production, of the live version."""
    given = {"version": None, "environment": "production", "inputs": {}, **asked}
    with scope(person.actor):
        runnable = runnables.get("spindle")
        return runnable.prepare(actor=person.actor, target=str(spindle.pk), **given)


def dry(person: Person, spindle: Spindle, **asked: Any) -> dict[str, Any]:
    """Ask what a run would do."""
    with scope(person.actor):
        return dry_run(actor=person.actor, target=str(spindle.pk), **asked)


def published(cast: Cast, **values: Any) -> Spindle:
    """Return a spindle whose 1.0.0 is live."""
    spindle = make_spindle(cast.editor, **{"steps": [step("a"), step("b", "a")], **values})
    with scope(cast.editor.actor):
        return publish_spindle(actor=cast.editor.actor, pk=spindle.pk)


def reopened(cast: Cast, spindle: Spindle, **values: Any) -> Spindle:
    """Return the spindle with its next minor draft open, changed so."""
    actor = cast.editor.actor
    with scope(actor):
        open_spindle_version(actor=actor, pk=spindle.pk, bump=Bump.MINOR)
        return update_spindle(actor=actor, pk=spindle.pk, values=values)


def test_the_live_version_runs_on_its_plan(cast: Cast) -> None:
    spindle = published(cast, max_concurrency=2, timeout=60)
    reopened(cast, spindle, steps=[step("z")], max_concurrency=9)

    source = prepare(cast.editor, spindle).source

    assert (source.feature, source.entity_id, source.slug) == ("spindle", spindle.pk, spindle.slug)
    assert (source.version, source.is_draft) == ("1.0.0", False)
    assert (source.max_concurrency, source.timeout) == (2, 60)
    with scope(cast.editor.actor):
        plan = load_plan(StoredPlan.objects.get(pk=source.plan_id))
    assert [one.id for one in plan.steps] == ["a", "b"]


def test_a_slug_names_it_too(cast: Cast) -> None:
    spindle = published(cast, slug="nightly")
    actor = cast.editor.actor
    with scope(actor):
        found = runnables.get("spindle").prepare(
            actor=actor, target="nightly", version=None, environment="production", inputs={}
        )

    assert found.source.entity_id == spindle.pk


def test_what_was_never_published_does_not_run(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")])

    with pytest.raises(Conflict) as refused:
        prepare(cast.editor, spindle)
    assert refused.value.code == "not_published"
    with pytest.raises(NotFound):
        prepare(cast.editor, spindle, version="1.0.0")


def test_a_version_that_was_superseded_runs_and_an_unknown_one_does_not(cast: Cast) -> None:
    spindle = published(cast)
    reopened(cast, spindle, steps=[step("z")])
    with scope(cast.editor.actor):
        publish_spindle(actor=cast.editor.actor, pk=spindle.pk)

    assert prepare(cast.editor, spindle).source.version == "1.1.0"
    assert prepare(cast.editor, spindle, version="01.0.0").source.version == "1.0.0"
    with pytest.raises(NotFound):
        prepare(cast.editor, spindle, version="2.0.0")
    with pytest.raises(ValidationFailed):
        prepare(cast.editor, spindle, version="v1")


def test_a_draft_runs_in_development_alone_and_without_problems(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")])

    found = prepare(cast.editor, spindle, version="draft", environment="development")

    assert (found.source.version, found.source.is_draft) == ("1.0.0", True)
    for environment in ("production", "staging"):
        with pytest.raises(Conflict) as refused:
            prepare(cast.editor, spindle, version="draft", environment=environment)
        assert refused.value.code == "not_published"
    empty = make_spindle(cast.editor, name="Empty")
    with pytest.raises(Conflict) as refused:
        prepare(cast.editor, empty, version="draft", environment="development")
    assert refused.value.code == "not_publishable"
    assert [one.code for one in refused.value.errors] == ["no_steps"]


def test_without_an_open_draft_there_is_none_to_run(cast: Cast) -> None:
    with pytest.raises(Conflict) as refused:
        prepare(cast.editor, published(cast), version="draft", environment="development")

    assert refused.value.code == "not_published"


def test_what_rests_does_not_run_until_it_is_active_again(cast: Cast) -> None:
    spindle, actor = published(cast), cast.editor.actor
    with scope(actor):
        deactivate_spindle(actor=actor, pk=spindle.pk)
    for version in (None, "1.0.0"):
        with pytest.raises(InvalidTransition) as refused:
            prepare(cast.editor, spindle, version=version)
        assert refused.value.current == "inactive"
    with scope(actor):
        activate_spindle(actor=actor, pk=spindle.pk)

    assert prepare(cast.editor, spindle).source.version == "1.0.0"


def test_in_error_it_still_runs_by_hand(cast: Cast) -> None:
    spindle = published(cast)
    with scope(cast.editor.actor):
        Spindle.all_objects.filter(pk=spindle.pk).update(status="error", live_status="error")

    assert prepare(cast.editor, spindle).source.version == "1.0.0"


@pytest.mark.parametrize("end", [deprecate_spindle, archive_spindle])
def test_what_has_ended_does_not_run(cast: Cast, end: Any) -> None:
    spindle = published(cast)
    with scope(cast.editor.actor):
        end(actor=cast.editor.actor, pk=spindle.pk)

    with pytest.raises(InvalidTransition):
        prepare(cast.editor, spindle)


def test_what_is_deleted_or_foreign_is_not_found(cast: Cast) -> None:
    spindle = published(cast)
    with pytest.raises(NotFound):
        prepare(cast.stranger, spindle)
    with scope(cast.owner.actor):
        delete_spindle(actor=cast.owner.actor, pk=spindle.pk)

    with pytest.raises(NotFound):
        prepare(cast.editor, spindle)


def test_a_viewer_runs_nothing_but_a_part_of_somebody_elses_run(cast: Cast) -> None:
    spindle = published(cast)

    with pytest.raises(Forbidden):
        prepare(cast.viewer, spindle)
    assert prepare(cast.viewer, spindle, child=True).source.entity_id == spindle.pk


def test_inputs_are_completed(cast: Cast) -> None:
    spindle = published(cast, inputs=INPUTS)

    assert prepare(cast.editor, spindle, inputs={"host": "a"}).inputs == {"host": "a", "tries": 3}
    given = {"host": "a", "tries": 1, "mode": "safe"}
    assert prepare(cast.editor, spindle, inputs=given).inputs == given


def test_inputs_that_do_not_fit_are_told_together(cast: Cast) -> None:
    spindle = published(cast, inputs=INPUTS)
    with pytest.raises(ValidationFailed) as refused:
        prepare(cast.editor, spindle, inputs={"tries": "2", "mode": "slow", "a/b": 1})

    assert [(one.pointer, one.code) for one in refused.value.errors] == [
        ("/inputs/a~1b", "unknown_input"),
        ("/inputs/host", "required"),
        ("/inputs/tries", "invalid"),
        ("/inputs/mode", "invalid_choice"),
    ]


def test_where_nothing_is_declared_every_input_is_taken(cast: Cast) -> None:
    assert prepare(cast.editor, published(cast), inputs={"x": [1]}).inputs == {"x": [1]}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", "x", 1),
        ("integer", 2, 2.0),
        ("integer", -1, True),
        ("float", 2, "2"),
        ("float", 2.5, False),
        ("boolean", True, 1),
        ("json", None, ...),
        ("json", {"a": [1]}, ...),
    ],
)
def test_an_input_has_its_type(cast: Cast, kind: str, good: Any, bad: Any) -> None:
    spindle = published(cast, inputs=[{"name": "x", "type": kind}])

    assert prepare(cast.editor, spindle, inputs={"x": good}).inputs == {"x": good}
    if bad is not ...:
        with pytest.raises(ValidationFailed):
            prepare(cast.editor, spindle, inputs={"x": bad})


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(cast: Cast) -> None:
    spindle = make_spindle(
        cast.editor, inputs=INPUTS, steps=[step("a"), step("b", "a"), step("c", "a")]
    )
    with scope(cast.editor.actor):
        plans = StoredPlan.objects.count()

    found = dry(cast.editor, spindle, inputs={"host": "x"})

    assert found.pop("id").startswith("dry-run-")
    assert found == {
        "dry_run": True,
        "runnable": True,
        "version": "1.0.0",
        "environment": "production",
        "node_count": 3,
        "order": ["a", "b", "c"],
        "levels": [["a"], ["b", "c"]],
        "critical_path": ["a", "b"],
        "estimated_seconds": 120,
        "problems": [],
        "inputs": {"host": "x", "tries": 3},
    }
    with scope(cast.editor.actor):
        assert StoredPlan.objects.count() == plans


def test_a_dry_run_takes_the_live_version_before_the_draft(cast: Cast) -> None:
    spindle = published(cast)
    reopened(cast, spindle, steps=[step("z")])

    assert dry(cast.editor, spindle)["order"] == ["a", "b"]
    assert dry(cast.editor, spindle, version="draft")["order"] == ["z"]


def test_a_dry_run_of_what_cannot_run_says_so(cast: Cast) -> None:
    empty = dry(cast.editor, make_spindle(cast.editor))
    spindle = published(cast, name="Another")
    with scope(cast.editor.actor):
        deactivate_spindle(actor=cast.editor.actor, pk=spindle.pk)

    assert (empty["runnable"], [one["code"] for one in empty["problems"]]) == (False, ["no_steps"])
    assert dry(cast.editor, spindle)["runnable"] is False
    with pytest.raises(Forbidden):
        dry(cast.viewer, spindle)
    with pytest.raises(Conflict):
        dry(cast.editor, spindle, version="draft")
