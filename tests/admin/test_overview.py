"""The index page counts what is there, in a constant number of queries."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.tenancy import system_scope
from config.admin.dashboard import Section, Tile, bars, register_section
from node_links.models import DirtyNode
from node_links.search.backlog import drain
from tests.admin.conftest import World
from tests.factories import make_model, make_sop
from tests.function_models.drawings import container, drawing, tether

INDEX = "/admin/"
MODELS, RUNS = "Function models", "Runs"


def _tiles(page: Client, section: str = "") -> dict[str, Tile]:
    """Return the tiles of the section of that title, else of all but those of models and runs."""
    sections = page.get(INDEX).context["sections"]
    wanted = [one for one in sections if one.title == section] if section else [
        one for one in sections if one.title not in (MODELS, RUNS)
    ]  # fmt: skip
    return {tile.label: tile for one in wanted for tile in one.tiles}


def test_the_index_counts_what_is_there(page: Client, world: World) -> None:
    tiles = _tiles(page)

    counted = {label: tile.value for label, tile in tiles.items()}
    assert counted == {
        "SOPs": 3, "Draft": 3, "Published": 0, "Archived": 0, "Published in 7 days": 1,
        "Dangling links": 1, "Nodes": 3, "Links": 1, "Orphans": 1,
        "Drifted links": 0, "Events in 24 hours": counted[
            "Events in 24 hours"], "Index backlog": 3, "Embedder": "local", "Organisations": 2,
        "Active people": 6, "Access keys in use": 1, "Locked sign-ins": 0, "Slow statements": 0,
    }  # fmt: skip
    assert int(counted["Events in 24 hours"]) == 8
    drain()
    assert _tiles(page)["Index backlog"].value == 0


def test_models_are_counted_by_status(page: Client, world: World) -> None:
    make_model(world.cast.owner, drawing(container("a"), tether("t", "a")), name="Lost")
    make_model(world.cast.owner, name="Empty")

    assert {label: tile.value for label, tile in _tiles(page, MODELS).items()} == {
        "Models": 2, "Draft": 2, "Published": 0, "Archived": 0, "Never published": 2,
        "Dangling references": 1,
    }  # fmt: skip


def test_every_tile_leads_to_the_rows_it_counts(page: Client, world: World) -> None:
    make_model(world.cast.owner, drawing(container("a"), tether("t", "a")), name="Lost")
    for label, tile in [
        *_tiles(page).items(), *_tiles(page, MODELS).items(), *_tiles(page, RUNS).items(),
    ]:  # fmt: skip
        shown = page.get(tile.link)
        assert shown.status_code == 200, label
        if isinstance(tile.value, int) and label != "Events in 24 hours":
            assert len(shown.context["cl"].result_list) == tile.value, label


def test_an_embedder_that_fails_is_seen(page: Client, world: World) -> None:
    with system_scope():
        DirtyNode.objects.update(attempts=2, last_error="Connection refused")

    tile = _tiles(page)["Embedder"]

    assert (tile.tone, tile.hint) == ("bad", "does not answer for 3 nodes")


def test_the_number_of_queries_does_not_grow(
    page: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(10):
        make_sop(world.cast.owner, title=f"More {n}")

    with django_assert_max_num_queries(26):
        page.get(INDEX)


def test_bars_are_shares_of_the_highest() -> None:
    heights = [bar.height for bar in bars([("a", 200), ("b", 100), ("c", 1), ("d", 0)])]

    assert heights == [100, 50, 4, 0]
    assert [bar.height for bar in bars([("a", 0)])] == [0]


def test_a_name_of_a_section_belongs_to_one_reader() -> None:
    with pytest.raises(ValueError, match="registered already"):
        register_section("graph", 1, lambda: Section("Mine", []))
