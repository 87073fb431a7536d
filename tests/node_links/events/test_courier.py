"""The thread of one subscriber ends when it is told to, whatever it was about to do."""

import threading

import pytest

from node_links.events.courier import Courier
from node_links.events.subscribing import Subscriber

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stop_right_before_the_bell_is_emptied_is_heard(
    platform_subscribers: list[Subscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    courier = Courier(platform_subscribers[0])
    rounds: list[None] = []
    bell = threading.Event()
    empty = bell.clear

    def stop_and_empty() -> None:
        courier.stop()
        empty()

    monkeypatch.setattr(bell, "clear", stop_and_empty)
    monkeypatch.setattr(courier, "_bell", bell)
    monkeypatch.setattr(courier, "_round", lambda: rounds.append(None))

    courier.start()
    courier.join(10)

    assert not courier.is_alive()
    assert rounds == []
