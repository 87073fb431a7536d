"""Valkey and PostgreSQL go away under people who write, and come back."""

from tests.faults.conftest import is_ready
from tests.faults.hearing import assert_nothing_lost, behind, heard, stored
from tests.faults.installation import Installation, eventually
from tests.faults.ledger import HEAVY, LIGHT
from tests.faults.writing import writing


def drained(installation: Installation) -> bool:
    """Say whether every delivery to the ledgers is made."""
    return not any(behind(installation, name) for name in (LIGHT, HEAVY))


def assert_heard_once_in_order(installation: Installation) -> None:
    """Both ledgers hold what the store holds, SOP by SOP in its order."""
    expected = stored(installation)
    assert heard(installation, LIGHT) == expected
    assert heard(installation, HEAVY) == expected


def test_nothing_is_lost_or_reordered_while_valkey_is_away(installation: Installation) -> None:
    with writing(installation, "Valkey") as writers:
        eventually(lambda: writers.total > 20)
        installation.valkey.stop()
        before = writers.total
        eventually(lambda: "valkey_unavailable" in installation.log("web"))
        eventually(lambda: "The broker cannot be reached" in installation.log("relay"))
        eventually(lambda: writers.total - before > 60)

    # The relay delivers what it delivers itself; what needs a doorbell waits.
    eventually(lambda: behind(installation, LIGHT) == 0)
    assert behind(installation, HEAVY) > 50
    assert set(writers.answers) == {200}
    assert writers.slowest < 10

    installation.valkey.start(installation.data_dir / "valkey.log")
    eventually(lambda: drained(installation))
    assert_nothing_lost(writers)
    assert_heard_once_in_order(installation)
    assert installation.dead() == []
    eventually(lambda: is_ready(installation))


def test_nothing_acknowledged_is_lost_over_a_crash_of_postgresql(
    installation: Installation,
) -> None:
    with writing(installation, "PostgreSQL") as writers:
        eventually(lambda: writers.total > 20)
        installation.kill_database()
        eventually(lambda: "listener_lost" in installation.log("relay"))
        eventually(lambda: writers.answers[503] > 5)
        before = writers.total
        installation.postgres.start(installation.data_dir / "postgres.log")
        eventually(lambda: writers.total - before > 20)

    eventually(lambda: drained(installation))
    assert_nothing_lost(writers)
    assert_heard_once_in_order(installation)
    assert installation.dead() == []
    assert set(writers.answers) == {200, 503}


def test_after_a_crash_of_postgresql_the_relay_listens_again(installation: Installation) -> None:
    installation.kill_database()
    installation.postgres.start(installation.data_dir / "postgres.log")
    eventually(lambda: is_ready(installation))
    eventually(
        lambda: installation.rows(
            "SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND"
            " application_name <> 'nodeloom live'"
        )
    )

    # The relay sweeps every ten minutes here: only a notice lets it look.
    sop = installation.sops[0]
    path = f"/api/v1/sops/{sop}/"
    assert installation.ask("writer", "PATCH", path, {"summary": "After"})[0] == 200
    eventually(lambda: drained(installation))
    assert_heard_once_in_order(installation)
