"""The people of most tests."""

import pytest

from tests.factories import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Return an organisation with a member of each role, and a stranger."""
    return make_cast()
