"""One organisation with an empty graph, and another one beside it."""

import pytest

from tests.factories import Cast, make_cast
from tests.node_links.graph.world import World


@pytest.fixture
def cast(db: None) -> Cast:
    """Return an organisation with a member of each role, and a stranger."""
    return make_cast()


@pytest.fixture
def world(cast: Cast) -> World:
    """Return the empty graph of the organisation."""
    return World(cast.viewer.actor)


@pytest.fixture
def elsewhere(cast: Cast) -> World:
    """Return the empty graph of another organisation."""
    return World(cast.stranger.actor)
