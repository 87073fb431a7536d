"""Searching in three modes."""

import pytest

from accounts.tenancy import scope
from node_links.search.backlog import drain
from node_links.search.hybrid import search
from tests.node_links.search.conftest import new_actor, write_sop

pytestmark = pytest.mark.django_db


def test_x(actor):
    a = write_sop(actor, "Restart the database", "## Steps\nStop the primary & <b>wait</b>, then restart postgres.\n## Roll back\nRestore from the backup tape.")
    b = write_sop(actor, "Vacation policy", "Everybody takes holidays. Ask for leave two weeks before.")
    print(drain())
    with scope(actor):
        for mode in ("text", "semantic", "hybrid"):
            for q in ("how to restart the primary", "time off work", "the", "backups"):
                print(mode, q, search(actor=actor, query=q, mode=mode))
