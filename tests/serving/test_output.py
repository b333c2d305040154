"""The one writer of a connection: what is written while something is read goes out as one write, in order."""

import socket
from collections.abc import Iterator

import pytest

from chat.serving.output import SocketWriter


class Transport:
    """As much of twisted's as the writer uses, on a socket whose records show each write apart."""

    def __init__(self, line: socket.socket) -> None:
        self.line, self.buffered = line, b""

    def getHandle(self) -> socket.socket:
        return self.line

    def unregisterProducer(self) -> None:
        pass

    def registerProducer(self, producer: SocketWriter, streaming: bool) -> None:
        producer.resumeProducing()

    def write(self, data: bytes) -> None:
        self.buffered += data


@pytest.fixture
def ends() -> Iterator[tuple[Transport, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setblocking(False)
        theirs.settimeout(5)
        yield Transport(ours), theirs


def test_what_is_gathered_goes_as_one_write(ends: tuple[Transport, socket.socket]) -> None:
    transport, theirs = ends
    writer = SocketWriter(transport)
    writer.resumeProducing()
    writer.write(b"alone")
    writer.gathering = True
    writer.write(b"one ")
    writer.send_frame(b"two ")
    writer.flush()
    writer.write(b"after")
    assert [theirs.recv(99) for _ in range(3)] == [b"alone", b"one two ", b"after"]


def test_what_is_gathered_for_a_full_socket_waits_behind_the_rest(
    ends: tuple[Transport, socket.socket],
) -> None:
    transport, theirs = ends
    writer = SocketWriter(transport)
    writer.resumeProducing()
    sent = 0
    while not writer.full:
        sent += 1
        writer.write(b"x" * 1000)
    writer.gathering = True
    writer.write(b"one ")
    writer.flush()
    assert transport.buffered == b"x" * 1000
    for _ in range(sent - 1):
        theirs.recv(1000)
    writer.resumeProducing()
    assert theirs.recv(99) == b"one "


def test_what_is_gathered_when_the_connection_is_let_go_is_left_to_the_transport(
    ends: tuple[Transport, socket.socket],
) -> None:
    transport, _ = ends
    writer = SocketWriter(transport)
    writer.resumeProducing()
    writer.gathering = True
    writer.write(b"a last word")
    writer.release()
    writer.flush()
    assert transport.buffered == b"a last word"
