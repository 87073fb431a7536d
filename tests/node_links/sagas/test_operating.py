"""What operators see of sagas, and what they can do: the command, the admin, the gauge."""

import io
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from config.exceptions import Conflict
from config.metrics.gauges import gauge_values
from node_links.models import Saga
from node_links.sagas.definitions import SagaContext, sagas
from node_links.sagas.resuming import resume_sagas
from node_links.sagas.running import run_saga
from tests.factories import Cast, UserFactory
from tests.node_links.sagas.conftest import Register, expire, reread, start
from tests.node_links.sagas.probes import probe

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(register: Register) -> list[bool]:
    """Make known a saga that cannot be undone while this list is not empty."""
    switch = [True]

    def refuse(context: SagaContext) -> None:
        raise Conflict("The third step refuses.")

    def undo(context: SagaContext) -> None:
        if switch:
            raise ValueError("cannot be undone")

    register(probe(three=refuse, undo_two=undo))
    return switch


@pytest.fixture
def page(db: None) -> Client:
    """Return the browser of an operator."""
    operator = UserFactory.create(email="op@example.com", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    return client


def failed(cast: Cast, mark: str = "x") -> Saga:
    saga = start(cast.editor, mark)
    run_saga(saga.pk)
    assert reread(saga).status == "failed"
    return saga


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("sagas", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_sagas_with_their_errors(cast: Cast, broken: list[bool]) -> None:
    saga, waiting = failed(cast), start(cast.stranger)

    everything = run()

    assert f"{saga.pk} " in everything
    assert "  three: Conflict: The third step refuses.\n" in everything
    assert "  two is not undone: ValueError: cannot be undone\n" in everything
    assert everything.endswith("2 sagas.\n")
    assert str(waiting.pk) in run("--status", "pending")
    assert str(saga.pk) not in run("--status", "pending")
    own = run("--organization", cast.organization.slug)
    assert (str(saga.pk) in own, str(waiting.pk) in own) == (True, False)


def test_stuck_ones_failed_or_were_taken_over_by_nobody(cast: Cast, broken: list[bool]) -> None:
    saga, waiting, fresh = failed(cast), start(cast.editor), start(cast.editor)
    expire(waiting, 61)
    expire(fresh, 5)

    shown = run("--stuck")

    assert (str(saga.pk) in shown, str(waiting.pk) in shown) == (True, True)
    assert shown.endswith("2 sagas.\n")
    assert gauge_values()["sagas_stuck"] == 2


def test_the_command_compensates_again(cast: Cast, broken: list[bool]) -> None:
    saga = failed(cast)

    with pytest.raises(CommandError, match="still not be undone"):
        run("--retry-compensation", str(saga.pk))
    assert reread(saga).status == "failed"
    broken.clear()
    assert "compensated" in run("--retry-compensation", str(saga.pk))

    assert reread(saga).status == "compensated"
    with pytest.raises(CommandError, match="Only a failed saga"):
        run("--retry-compensation", str(saga.pk))
    with pytest.raises(CommandError, match="no such saga"):
        run("--retry-compensation", str(uuid4()))


def test_the_command_tells_what_it_cannot_run(
    cast: Cast, broken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    saga, other = failed(cast), failed(cast, "y")
    with monkeypatch.context() as patch:
        patch.setattr("node_links.management.commands.sagas.run_saga", lambda saga_id: None)
        assert "Another process" in run("--retry-compensation", str(saga.pk))
    with monkeypatch.context() as patch:
        patch.delitem(sagas._definitions, "probe")
        with pytest.raises(CommandError, match="no saga named probe"):
            run("--retry-compensation", str(other.pk))


def test_the_pages_show_sagas_with_their_steps(
    cast: Cast, broken: list[bool], page: Client
) -> None:
    saga, fine = failed(cast), start(cast.stranger)
    address = reverse("admin:node_links_saga_changelist")

    everything = page.get(address).content.decode()
    stuck = page.get(address, {"stuck": "yes"}).content.decode()
    detail = page.get(reverse("admin:node_links_saga_change", args=[saga.pk])).content.decode()

    assert (str(saga.pk) in everything, str(fine.pk) in everything) == (True, True)
    assert (str(saga.pk) in stuck, str(fine.pk) in stuck) == (True, False)
    assert "ValueError: cannot be undone" in detail
    assert "Conflict: The third step refuses." in detail


def test_an_operator_has_a_failed_saga_compensated_again(
    cast: Cast, broken: list[bool], page: Client
) -> None:
    saga, waiting = failed(cast), start(cast.editor)
    broken.clear()

    answer = page.post(
        reverse("admin:node_links_saga_changelist"),
        {"action": "retry_compensation", "_selected_action": [str(saga.pk), str(waiting.pk)]},
        follow=True,
    )

    shown = answer.content.decode()
    assert "To be compensated again: 1." in shown
    assert "Only a failed saga is tried again." in shown
    assert (reread(saga).status, reread(waiting).status) == ("compensating", "pending")
    assert resume_sagas() == 1
    assert reread(saga).status == "compensated"


def test_who_may_only_look_compensates_nothing(cast: Cast, broken: list[bool]) -> None:
    saga = failed(cast)
    newcomer = UserFactory.create(email="new@example.com", is_staff=True)
    client = Client()
    client.force_login(newcomer, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(
        reverse("admin:node_links_saga_changelist"),
        {"action": "retry_compensation", "_selected_action": [str(saga.pk)]},
    )

    assert answer.status_code == 403
    assert reread(saga).status == "failed"
