"""What a version pin means, and when a link has drifted or is broken."""

from uuid import uuid4

import pytest

from accounts.choices import Role
from accounts.tenancy import scope
from config.exceptions import ValidationFailed
from knowledge_base.services.sops import publish_sop
from node_links.choices import BreakReason, Bump, DriftStatus
from node_links.links.pins import (
    GONE,
    Drift,
    TargetState,
    judge_pin,
    normalise_pin,
    resolve_pin,
    target_states,
)
from node_links.models import NodeEntity
from node_links.registry import Feature, features
from node_links.versions import Version
from tests.factories import make_person, make_sop

V1, V19, V110, V2 = (Version(*number) for number in ((1, 0, 0), (1, 9, 0), (1, 10, 0), (2, 0, 0)))
DRAFT = TargetState(False, False, V1, None, frozenset())
LIVE = TargetState(False, False, V2.bumped(Bump.PATCH), V2, frozenset({V1, V19, V110, V2}))
DELETED = TargetState(True, False, V1, V1, frozenset({V1}))
ARCHIVED = TargetState(False, True, V1, V1, frozenset({V1}))


@pytest.mark.parametrize(
    ("pin", "target", "expected"),
    [
        ("latest", DRAFT, V1),
        ("latest", LIVE, Version(2, 0, 1)),
        ("published", DRAFT, None),
        ("published", LIVE, V2),
        ("1.9.0", LIVE, V19),
        ("3.0.0", LIVE, None),
    ],
)
def test_a_pin_means_one_version_or_none(
    pin: str, target: TargetState, expected: Version | None
) -> None:
    assert resolve_pin(pin, target) == expected


@pytest.mark.parametrize(
    ("pin", "target", "expected"),
    [
        ("latest", LIVE, None),
        ("published", LIVE, None),
        ("published", DRAFT, None),
        ("2.0.0", LIVE, None),
        ("1.10.0", LIVE, Drift(DriftStatus.DRIFTED, "1.10.0", "2.0.0", None, Bump.MAJOR, 1)),
        ("1.0.0", LIVE, Drift(DriftStatus.DRIFTED, "1.0.0", "2.0.0", None, Bump.MAJOR, 3)),
        ("3.0.0", LIVE, Drift(DriftStatus.BROKEN, "3.0.0", "2.0.0", BreakReason.VERSION_GONE)),
        ("1.0.0", DRAFT, Drift(DriftStatus.BROKEN, "1.0.0", None, BreakReason.VERSION_GONE)),
        ("latest", DELETED,
         Drift(DriftStatus.BROKEN, "latest", "1.0.0", BreakReason.TARGET_DELETED)),
        ("1.0.0", ARCHIVED,
         Drift(DriftStatus.BROKEN, "1.0.0", "1.0.0", BreakReason.TARGET_ARCHIVED)),
        ("latest", GONE, Drift(DriftStatus.BROKEN, "latest", None, BreakReason.TARGET_DELETED)),
    ],
)  # fmt: skip
def test_a_pin_is_judged_by_the_state_of_its_target(
    pin: str, target: TargetState, expected: Drift | None
) -> None:
    assert judge_pin(pin, target) == expected


@pytest.mark.parametrize(
    ("live", "bump"), [(V19, Bump.MINOR), (Version(1, 0, 3), Bump.PATCH), (V2, Bump.MAJOR)]
)
def test_the_distance_is_the_greatest_part_that_differs(live: Version, bump: Bump) -> None:
    drift = judge_pin("1.0.0", TargetState(False, False, live, live, frozenset({V1, live})))

    assert drift is not None
    assert (drift.bump, drift.versions_behind) == (bump, 1)


@pytest.mark.django_db
def test_a_number_is_taken_where_it_has_been_published() -> None:
    person = make_person(Role.EDITOR)
    sop = make_sop(person)
    feature, entity = sop.feature_type, sop.pk

    def codes(pin: str) -> list[tuple[str, str]]:
        with pytest.raises(ValidationFailed) as refusal:
            normalise_pin(pin, feature_type=feature, entity_id=entity)
        return [(error.pointer, error.code) for error in refusal.value.errors]

    with scope(person.actor):
        assert normalise_pin("latest", feature_type=feature, entity_id=entity) == "latest"
        assert normalise_pin("published", feature_type=feature, entity_id=entity) == "published"
        assert codes("1.0.0") == [("/version_pin", "unknown_version")]
        publish_sop(actor=person.actor, pk=sop.pk)
        assert normalise_pin("01.0.0", feature_type=feature, entity_id=entity) == "1.0.0"
        assert codes("1.0.1") == [("/version_pin", "unknown_version")]
        for pin in ("newest", "1.0", "", "1.0.0-beta", "Latest"):
            assert codes(pin) == [("/version_pin", "invalid_version")]


@pytest.mark.django_db
def test_a_feature_without_versions_takes_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person(Role.EDITOR)
    sop = make_sop(person)
    plain: type[NodeEntity] = type(sop)
    monkeypatch.setitem(features._features, "spindle", Feature("spindle", plain, lambda _: []))

    with scope(person.actor):
        with pytest.raises(ValidationFailed):
            normalise_pin("1.0.0", feature_type="spindle", entity_id=sop.pk)
        states = target_states("spindle", [sop.pk, uuid4()])

    assert states == {sop.pk: TargetState(False, False, V1, None, frozenset())}
