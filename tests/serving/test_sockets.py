"""The listening sockets that the parent makes."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chat.serving import sockets
from chat.serving.sockets import ServeError
from tests.serving.parent import LONG

linux = pytest.mark.skipif(sys.platform != "linux", reason="SO_REUSEPORT spreads on Linux only")


@pytest.fixture
def made() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_where_the_kernel_does_not_spread_one_socket_is_shared(
    made: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_SPREADS", False)
    listeners = sockets.listen("127.0.0.1", 0, 3)
    made.callback(sockets.close, listeners)
    assert len(listeners) == 3
    assert len(set(listeners)) == 1


def test_accepted_sockets_inherit_the_small_send_buffer(made: ExitStack) -> None:
    listeners = sockets.listen("127.0.0.1", 0, 2)
    made.callback(sockets.close, listeners)
    for listener in listeners:
        assert not listener.getblocking()
        assert not listener.get_inheritable()
    client = made.enter_context(socket.create_connection(listeners[0].getsockname(), timeout=LONG))
    client.settimeout(LONG)
    accepted = None
    while accepted is None:  # one of the two has it
        for listener in listeners:
            try:
                accepted, _ = listener.accept()
            except BlockingIOError:
                continue
    made.enter_context(accepted)
    # Linux doubles what was asked for.
    assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * sockets.SEND_BUFFER


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6(made: ExitStack, host: str) -> None:
    try:
        listeners = sockets.listen(host, 0, 2)
    except ServeError as error:
        pytest.skip(str(error))
    made.callback(sockets.close, listeners)
    assert {listener.getsockname()[:2] for listener in listeners} == {("::1", listeners[0].getsockname()[1])}
    with pytest.raises(ServeError, match=r"^Cannot listen on \[::1\]:\d+: another server"):
        sockets.listen(host, listeners[0].getsockname()[1], 1)


def test_addresses_that_cannot_be_had() -> None:
    with pytest.raises(ServeError, match="this machine does not have that address"):
        sockets.listen("192.0.2.1", 0, 1)  # RFC 5737: nobody has it
    with pytest.raises(ServeError, match="ports go from 0 to 65535"):
        sockets.listen("127.0.0.1", 65536, 1)


def test_a_unix_socket_is_shared_and_its_name_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    listeners = sockets.listen_unix(path, 2)
    assert len(listeners) == 2
    with pytest.raises(ServeError, match="another server is listening there"):
        sockets.listen_unix(path)
    listeners[0].close()  # as after a SIGKILL: the name stays
    again = sockets.listen_unix(path)
    sockets.close(again)
    assert not path.exists()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(ServeError, match="it exists and is not a socket"):
        sockets.listen_unix(path)
    assert path.read_text() == "data"


def test_a_socket_of_the_service_manager_is_used_and_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as theirs:
        theirs.bind(str(path))
        with pytest.raises(ServeError, match="it is a socket that does not listen"):
            sockets.adopt(theirs.fileno(), 1)
        theirs.listen()
        adopted = sockets.adopt(os.dup(theirs.fileno()), 2)
        assert len(adopted) == 2
        sockets.close(adopted)
    assert path.exists()


def test_a_descriptor_that_is_no_socket_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file, pytest.raises(ServeError, match="it is not an open socket"):
        sockets.adopt(file.fileno(), 1)
