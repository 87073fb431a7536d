"""What the table says, how requests are counted, how a collection is read and judged."""

import itertools
import math
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from rich.console import Console

from benchmarks.figures import Figure, at_least, at_most, in_turns, percentile, print_table
from benchmarks.load import drive, request
from benchmarks.quality import _ndcg, _read


class Answering(BaseHTTPRequestHandler):
    """Answers what the path names, and keeps the connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send ten bytes with the status in the path."""
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"0123456789")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_every_request_is_answered_and_timed(port: int) -> None:
    requests = iter([request("GET", "/200/")] * 40)

    load = drive(port, requests, connections=4, seconds=10)

    assert len(load.latencies) == 40
    assert 0 < load.at(0.5) <= load.at(0.95) <= load.seconds
    assert load.rate == 40 / load.seconds


def test_an_answer_that_is_no_success_ends_the_measurement(port: int) -> None:
    requests = iter([request("GET", "/200/"), request("GET", "/403/")])

    with pytest.raises(RuntimeError, match="1 requests failed.*403"):
        drive(port, requests, connections=1, seconds=10)


def test_the_load_stops_in_time(port: int) -> None:
    load = drive(port, itertools.repeat(request("GET", "/200/")), connections=2, seconds=0.2)

    assert 0.2 <= load.seconds < 5


def test_a_ratio_is_held_against_its_target_in_the_right_direction() -> None:
    assert at_least("a", "", "", 0.7, 0.7).met is True
    assert at_least("a", "", "", 0.69, 0.7).met is False
    assert at_most("a", "", "", 1.3, 1.3).met is True
    assert at_most("a", "", "", 1.31, 1.3).met is False


def test_the_table_names_what_was_missed() -> None:
    text = StringIO()
    figures = [at_least("GET", "5/s", "10/s", 0.5, 1.0), Figure("memory", "3 MB")]

    print_table(figures, Console(file=text, width=200), markdown=True)

    cells = [[c.strip() for c in line.split("|")] for line in text.getvalue().splitlines()]
    assert ["", "GET", "5/s", "10/s", "0.50", ">= 1 x", "NO", ""] in cells
    assert ["", "memory", "3 MB", "", "", "", "", ""] in cells


def test_measures_in_turns_alternate_and_give_medians() -> None:
    order: list[str] = []
    values = iter([1.0, 9.0, 3.0])

    def first() -> float:
        order.append("first")
        return next(values)

    def second() -> float:
        order.append("second")
        return 2.0

    assert in_turns(3, first, second) == (3.0, 2.0)
    assert order == ["first", "second"] * 3
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3


def test_a_judged_collection_is_read_by_the_order_of_its_queries(tmp_path: Path) -> None:
    (tmp_path / "cran.all.1400.xml").write_text(
        "<doc>\n<docno>1</docno>\n<title>wings\nin air</title>\n<text>lift of wings</text>\n</doc>"
        "<doc><docno>2</docno><title>heat</title><text>heat flow</text></doc>"
    )
    (tmp_path / "cran.qry.xml").write_text(
        "<top><num>1</num><title>what lifts\na wing</title></top>"
        "<top><num>4</num><title>heat</title></top>"
    )
    (tmp_path / "cranqrel.trec.txt").write_text("1 0 1 3\n2 0 2 -1\n\n")

    documents, queries, judgements = _read(tmp_path)

    assert documents == {"1": ("wings in air", "lift of wings"), "2": ("heat", "heat flow")}
    assert queries == ["what lifts a wing", "heat"]
    assert judgements == {1: {"1": 3}, 2: {"2": 0}}


def test_gain_is_discounted_by_place_and_held_against_the_best_order() -> None:
    assert _ndcg(["a", "b"], {"a": 2, "b": 1}) == 1
    assert _ndcg(["x", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert _ndcg(["x"], {"a": 1}) == 0
    assert _ndcg([], {}) == 0
