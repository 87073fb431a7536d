"""The order in which things are examined: first what others depend on."""

from config.doctor.database import examine_database
from config.doctor.findings import Finding, Level
from config.doctor.machine import examine_data_dir, examine_ports, examine_python
from config.doctor.services import (
    examine_embedder,
    examine_gauges,
    examine_services,
    examine_settings,
)
from config.probes import Status


def examine() -> list[Finding]:
    """Examine everything; takes a few seconds where servers do not answer."""
    probes, services = examine_services()
    running = probes["workers"].status is Status.OK
    database = list(examine_database())
    # Without the tables a gauge could only fail.
    whole = all(finding.level is not Level.WRONG for finding in database)
    return [
        *examine_python(),
        *examine_settings(),
        *examine_data_dir(),
        *examine_ports(running),
        *database,
        *services,
        *examine_embedder(),
        *(examine_gauges() if whole else ()),
    ]
