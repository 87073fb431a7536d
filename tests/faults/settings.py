"""The settings of the installation that is put through faults: the platform's, and one app more."""

from config.settings import *  # noqa: F403 - all of them
from config.settings import INSTALLED_APPS as PLATFORM

INSTALLED_APPS = [*PLATFORM, "tests.faults.ledger"]
# Half a second of every start, for searches that nobody makes here.
WARM_UP = ()  # type: ignore[assignment]  # the platform names two
