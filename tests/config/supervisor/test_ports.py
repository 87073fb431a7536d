"""Ports: taken ones are named with their holder."""

import os
import socket

import pytest

from config.supervisor.errors import SupervisorError
from config.supervisor.ports import require_free


def test_a_taken_port_is_named_with_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SupervisorError) as refusal:
            require_free("127.0.0.1", port, "--port")

    said = str(refusal.value)
    assert said.startswith(f"Port {port} is taken by ")
    assert said.endswith(f"(process {os.getpid()}): choose another with --port.")


def test_a_free_port_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    require_free("127.0.0.1", port, "--port")
    require_free("::1", port, "--port")


def test_an_address_of_another_machine_is_refused_with_the_reason() -> None:
    with pytest.raises(SupervisorError, match=r"cannot be used on 192\.0\.2\.1 \(.*assign"):
        require_free("192.0.2.1", 0, "--live-port")
