"""Notices over REST: each person's own, read once, chosen by kind and channel."""

from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from accounts.tenancy import scope, system_scope
from config.ids import uuid7
from node_links.models import Notification, NotificationPreference
from node_links.notifications.kinds import kinds
from tests.factories import Cast, Person
from tests.node_links.notifications.conftest import deliver, failed_run, told
from tests.observing import faults, refused

pytestmark = pytest.mark.django_db
NOTICES = "/api/v1/notifications/"
PREFERENCES = f"{NOTICES}preferences/"


def inbox(person: Person, query: str = "") -> list[dict[str, Any]]:
    """Return what a person is shown."""
    answer = person.client.get(NOTICES + query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def tell(person: Person, times: int = 1) -> None:
    """Tell a person that runs of theirs have failed."""
    for _ in range(times):
        deliver(failed_run(person))


def effective(answer: Any) -> dict[tuple[str, str], bool]:
    """Return what the answer says of each kind and channel."""
    assert answer.status_code == 200, answer.content
    return {(row["kind"], row["channel"]): row["enabled"] for row in answer.json()["preferences"]}


def choice(kind: str, channel: str, enabled: Any) -> dict[str, Any]:
    return {"kind": kind, "channel": channel, "enabled": enabled}


def test_people_see_their_own_notices_newest_first_and_no_mails(cast: Cast) -> None:
    tell(cast.viewer, 2)
    tell(cast.owner)

    shown = inbox(cast.viewer)

    [older, newer] = told(user=cast.viewer.user, channel="in_app")
    assert [row["id"] for row in shown] == [str(newer.pk), str(older.pk)]
    assert shown[0] == {
        "id": str(newer.pk),
        "kind": "execution_failed",
        "title": "Failed: Nightly import",
        "body": "It failed at: load, check.",
        "url": newer.url,
        "feature_type": "spindle",
        "entity_id": str(newer.entity_id),
        "event_id": str(newer.event_id),
        "created_at": newer.created_at.isoformat().replace("+00:00", "Z"),
        "read_at": None,
    }
    assert len(inbox(cast.owner)) == 1
    assert inbox(cast.admin) == []
    assert inbox(cast.stranger) == []


def test_a_notice_belongs_to_the_organisation_in_which_it_was_told(cast: Cast) -> None:
    tell(cast.viewer)
    with system_scope():
        Membership.objects.create(
            organization=cast.stranger.organization, user=cast.viewer.user, role="viewer"
        )
    elsewhere = Person(cast.viewer.user, cast.stranger.organization, cast.viewer.role)

    assert len(inbox(cast.viewer)) == 1
    assert inbox(elsewhere) == []


def test_read_and_unread_are_told_apart(cast: Cast) -> None:
    tell(cast.viewer, 3)
    first, *others = inbox(cast.viewer)

    answer = cast.viewer.client.post(f"{NOTICES}{first['id']}/read/")

    assert answer.status_code == 200
    read_at = answer.json()["read_at"]
    assert read_at is not None
    assert [row["id"] for row in inbox(cast.viewer, "?unread=false")] == [first["id"]]
    assert inbox(cast.viewer, "?unread=true") == others
    again = cast.viewer.client.post(f"{NOTICES}{first['id']}/read/")
    assert again.json()["read_at"] == read_at
    one = cast.viewer.client.get(f"{NOTICES}{first['id']}/")
    assert one.json() == again.json()

    everything = cast.viewer.client.post(f"{NOTICES}read-all/")
    assert everything.json() == {"read": 2}
    assert inbox(cast.viewer, "?unread=true") == []
    assert cast.viewer.client.post(f"{NOTICES}read-all/").json() == {"read": 0}


def test_wrong_filters_are_refused_and_kinds_narrow_the_list(cast: Cast) -> None:
    tell(cast.viewer)

    answer = cast.viewer.client.get(f"{NOTICES}?unread=yes&until=now")

    assert faults(answer) == {("?unread", "invalid"), ("?until", "unknown_parameter")}
    assert len(inbox(cast.viewer, "?kind=execution_failed")) == 1
    assert inbox(cast.viewer, "?kind=agent_stuck") == []


def test_a_long_list_is_read_by_cursor(cast: Cast) -> None:
    tell(cast.viewer, 3)
    first = cast.viewer.client.get(f"{NOTICES}?page_size=2").json()
    second = cast.viewer.client.get(first["next"]).json()

    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == [row["id"] for row in inbox(cast.viewer)]
    assert second["next"] is None


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_somebody_elses_notice_is_not_there_whatever_the_role(cast: Cast, who: str) -> None:
    tell(cast.viewer)
    [notice] = inbox(cast.viewer)
    client = getattr(cast, who).client

    refused(client.get(f"{NOTICES}{notice['id']}/"), 404, "not_found")
    refused(client.post(f"{NOTICES}{notice['id']}/read/"), 404, "not_found")
    assert client.post(f"{NOTICES}read-all/").json() == {"read": 0}

    assert inbox(cast.viewer) == [notice]


@pytest.mark.parametrize("pk", ["x", "%00", str(UUID(int=7))])
def test_an_unknown_notice_and_the_id_of_a_mail_are_not_there(cast: Cast, pk: str) -> None:
    tell(cast.viewer)
    [mail] = told(channel="email")

    refused(cast.viewer.client.post(f"{NOTICES}{pk}/read/"), 404, "not_found")
    refused(cast.viewer.client.post(f"{NOTICES}{mail.pk}/read/"), 404, "not_found")


def test_without_signing_in_nothing_is_shown(cast: Cast) -> None:
    from rest_framework.test import APIClient

    for address in (NOTICES, PREFERENCES):
        assert APIClient().get(address).status_code == 401


def test_everything_is_on_until_somebody_chooses(cast: Cast) -> None:
    shown = effective(cast.viewer.client.get(PREFERENCES))

    assert shown == {(k.name, c): True for k in kinds.all() for c in ("in_app", "email")}
    described = cast.viewer.client.get(PREFERENCES).json()["preferences"][0]
    assert described["description"] == "An agent of mine is stuck"


def test_a_choice_is_kept_for_the_chooser_and_holds(cast: Cast) -> None:
    client = cast.viewer.client
    body = client.get(PREFERENCES).json()
    for row in body["preferences"]:
        row["enabled"] = row["channel"] != "email"

    shown = effective(client.put(PREFERENCES, body))

    assert {channel for (_, channel), on in shown.items() if on} == {"in_app"}
    assert effective(client.get(PREFERENCES)) == shown
    assert all(effective(cast.owner.client.get(PREFERENCES)).values())
    tell(cast.viewer)
    assert [row.channel for row in told()] == ["in_app"]


def test_what_is_not_named_goes_back_to_its_default(cast: Cast) -> None:
    client = cast.viewer.client
    client.put(PREFERENCES, {"preferences": [choice("agent_stuck", "email", False)]})

    shown = effective(
        client.put(PREFERENCES, {"preferences": [choice("review_due", "in_app", False)]})
    )

    assert {pair for pair, on in shown.items() if not on} == {("review_due", "in_app")}
    assert all(effective(client.put(PREFERENCES, {"preferences": []})).values())


def test_wrong_choices_are_named_together_and_change_nothing(cast: Cast) -> None:
    client = cast.viewer.client
    client.put(PREFERENCES, {"preferences": [choice("agent_stuck", "email", False)]})
    before = client.get(PREFERENCES).json()

    unknown = client.put(
        PREFERENCES,
        {
            "preferences": [
                choice("review_due", "email", False),
                choice("birthdays", "email", True),
                choice("review_due", "email", True),
            ]
        },
    )
    assert faults(unknown) == {
        ("/preferences/1/kind", "invalid_choice"),
        ("/preferences/2", "duplicate"),
    }
    shape = client.put(PREFERENCES, {"preferences": [choice("review_due", "pigeon", "no")]})
    assert faults(shape) == {
        ("/preferences/0/channel", "invalid_choice"),
        ("/preferences/0/enabled", "invalid"),
    }
    assert faults(client.put(PREFERENCES, {})) == {("/preferences", "required")}

    assert client.get(PREFERENCES).json() == before


def test_no_request_costs_more_for_many_notices(cast: Cast) -> None:
    def spent(method: str, address: str, body: Any = None) -> int:
        client = cast.viewer.client
        with CaptureQueriesContext(connection) as captured:
            assert getattr(client, method)(address, body).status_code == 200
        return len(captured)

    def costs() -> dict[str, int]:
        [newest, *_] = inbox(cast.viewer)
        return {
            "list": spent("get", NOTICES),
            "retrieve": spent("get", f"{NOTICES}{newest['id']}/"),
            "read": spent("post", f"{NOTICES}{newest['id']}/read/"),
            "read all": spent("post", f"{NOTICES}read-all/"),
            "preferences": spent("get", PREFERENCES),
            "choose": spent(
                "put", PREFERENCES, {"preferences": [choice("review_due", "email", False)]}
            ),
        }

    tell(cast.viewer)
    few = costs()
    tell(cast.viewer, 15)

    assert few == costs() == {
        "list": 4, "retrieve": 4, "read": 6, "read all": 4, "preferences": 4, "choose": 6,
    }  # fmt: skip


def test_telling_many_people_costs_as_many_statements_as_telling_one(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        deliver(failed_run(cast.viewer))

    # The lock that keeps notices in turn; the members with their choices; the rows.
    written = [q["sql"] for q in captured if "notification" in q["sql"]]
    assert len(written) == 3


class TestTheWallAlone:
    """PostgreSQL itself keeps people apart, also where no queryset narrows."""

    @pytest.fixture
    def notice(self, cast: Cast) -> Notification:
        """Return a notice to the viewer, who has also made a choice."""
        tell(cast.viewer)
        with system_scope():
            NotificationPreference.objects.create(
                organization=cast.organization, user=cast.viewer.user,
                kind="review_due", channel="email", enabled=False,
            )  # fmt: skip
        return told(channel="in_app")[0]

    def seen(self, person: Person) -> tuple[int, int]:
        with scope(person.actor):
            return Notification.objects.count(), NotificationPreference.objects.count()

    def test_rows_show_themselves_to_their_person_only(
        self, cast: Cast, notice: Notification
    ) -> None:
        assert self.seen(cast.viewer) == (2, 1)
        assert self.seen(cast.owner) == (0, 0)
        assert self.seen(cast.stranger) == (0, 0)
        assert (Notification.objects.count(), NotificationPreference.objects.count()) == (0, 0)

    def test_nobody_changes_or_deletes_them_for_somebody_else(
        self, cast: Cast, notice: Notification
    ) -> None:
        with scope(cast.owner.actor):
            assert Notification.objects.update(title="Mine") == 0
            assert Notification.objects.filter(pk=notice.pk).delete()[0] == 0
            assert NotificationPreference.objects.update(enabled=True) == 0
        assert self.seen(cast.viewer) == (2, 1)

    @pytest.mark.parametrize("to", ["viewer", "stranger"])
    def test_nobody_writes_in_somebody_elses_name(
        self, cast: Cast, notice: Notification, to: str
    ) -> None:
        other: Person = getattr(cast, to)

        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            scope(cast.owner.actor),
        ):
            self._write(other.organization.pk, other.user.pk)
        with scope(cast.owner.actor):
            self._write(cast.organization.pk, cast.owner.user.pk)
        assert self.seen(cast.owner) == (1, 0)

    def _write(self, organization_id: UUID, user_id: UUID) -> None:
        Notification.objects.create(
            organization_id=organization_id, user_id=user_id, kind="x", channel="in_app",
            event_id=uuid7(), entity_id=uuid7(), title="x",
        )  # fmt: skip
