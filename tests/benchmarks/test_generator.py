"""That the load generator stays bounded, keeps its pace, and knows when the calm is back."""

import socket
from collections.abc import Callable, Iterator

import pytest

from benchmarks.connections import Client, Connections
from benchmarks.dialects import DIALECTS
from benchmarks.generator import _calm_after
from benchmarks.ledger import Ledger


@pytest.fixture
def pair() -> Iterator[tuple[Connections, Client, socket.socket]]:
    """A connection that stands, and the server's end of it, which reads nothing by itself."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        dialect = DIALECTS["tutorial"]
        connections = Connections(dialect, door.getsockname()[1], Ledger(dialect, 1), send_buffer=4096)
        client = Client(0, "r", observed=True)
        connections._open(client, "")
        link, _ = door.accept()
        with link, client.socket:
            link.recv(4096)
            client.handshake, client.stands = None, {"": 0}
            yield connections, client, link


def test_a_sender_whose_socket_is_full_waits_with_one_frame_at_most(
    pair: tuple[Connections, Client, socket.socket],
) -> None:
    connections, client, link = pair
    sent = 0
    while connections.ready(client):
        sent += 1
        connections.message(client, (0, sent))
    frame = len(DIALECTS["tutorial"].message("r", (0, sent))) + 8
    assert 0 < len(client.unsent) <= frame

    received = 0
    while not connections.ready(client):
        received += len(link.recv(1 << 16))
        connections.poll(0.1)
    link.settimeout(5)
    connections.message(client, (0, sent + 1))
    connections.poll(0)
    client.socket.shutdown(socket.SHUT_WR)
    while data := link.recv(1 << 16):
        received += len(data)
    sizes = [len(DIALECTS["tutorial"].message("r", (0, n))) for n in range(1, sent + 2)]
    assert received == sum(size + (6 if size < 126 else 8) for size in sizes)


def test_a_server_that_goes_away_is_counted_once(pair: tuple[Connections, Client, socket.socket]) -> None:
    connections, client, link = pair
    link.close()
    connections.poll(5)
    connections.message(client, (0, 1))
    assert (connections.broken, connections.ready(client)) == (1, False)


@pytest.mark.parametrize(
    ("took", "after"),
    [
        (lambda second: 5.0, 0.0),
        (lambda second: 100.0 if second < 2 else 5.0, 1.5),
        (lambda second: float("inf"), None),
        (lambda second: 100.0 if second > 2 else 5.0, 0.0),
    ],
)
def test_the_calm_is_back_when_the_median_of_a_second_is(
    took: Callable[[float], float], after: float | None
) -> None:
    trace = [(50 + n / 100, took(n / 100)) for n in range(500)]
    found = _calm_after([(49.0, 1000.0), *trace], 50.0, 10.0)
    assert found == (None if after is None else pytest.approx(after, abs=0.11))
