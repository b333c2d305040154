"""The listening sockets, made by the parent before there is a worker, and kept by it until the end.

On Linux each worker has a socket of its own on the same port (SO_REUSEPORT): the kernel spreads connections by a
hash of their addresses. Measured, 400 connections over 4 workers: 92/95/97/116, against 13/72/95/220 with one
socket that all accept from. Elsewhere SO_REUSEPORT does not spread, and one socket shared by all it is.
"""

import errno
import os
import select
import socket
import stat
import sys
from collections.abc import Iterable

BACKLOG = 2048
"""Connections that wait per socket while its worker is busy or being restarted; the kernel's own bound
(net.core.somaxconn, 4096 on Linux) may be lower. Beyond it SYNs are dropped, and clients try again after a second."""

SEND_BUFFER = 64 * 1024
"""SO_SNDBUF in bytes; accepted sockets inherit it. Without it the kernel buffers 2.7 MB for a reader that has
stalled before the worker hears of it; with it 172 kB (Linux doubles the figure for its bookkeeping)."""

_SPREADS = sys.platform == "linux"


class _Named(socket.socket):
    """A Unix socket whose name we made and take away."""


class ServeError(Exception):
    """Serving cannot begin; the message is a sentence for the person at the terminal."""


def listen(host: str, port: int, workers: int) -> list[socket.socket]:
    """One listening TCP socket per worker, all on the same port; the same one for each outside Linux.

    `host` is an address or a name, IPv6 with or without brackets; a name that has both kinds means IPv4. Port 0
    lets the kernel choose (see `getsockname()`). The sockets do not block and are not inherited by themselves.
    ServeError if the port is taken, also by a second server of our own, or cannot be had.
    """
    family, address = _resolve(host, port)
    where = f"[{host.strip('[]')}]:{port}" if family == socket.AF_INET6 else f"{host or '*'}:{port}"
    made: list[socket.socket] = []
    try:
        first = _bound(family, address, made)
        if not _SPREADS:
            return [first] * workers
        # Only now: with SO_REUSEPORT from the start, a second server of the same user would share our port, and
        # get part of our connections, instead of hearing that it is taken.
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        address = first.getsockname()
        for _ in range(workers - 1):
            _bound(family, address, made, shared=True)
    except OSError as error:
        close(made)
        raise ServeError(_sentence(error, where)) from error
    return made


def listen_unix(path: str | os.PathLike[str], workers: int = 1) -> list[socket.socket]:
    """One Unix socket at `path`, the same for each worker: the kernel does not spread these.

    Anybody who can reach its folder may connect, as with Daphne's `--uds`: the proxy is another user. What a killed
    server left at `path` is replaced; ServeError if a server answers there, or if it is something else.
    """
    path = os.path.abspath(path)
    listener = _Named(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear_leftover(path)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.bind(path)
        os.chmod(path, 0o666)  # noqa: S103 (said above)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ServeError(_sentence(error, path)) from error
    listener.setblocking(False)
    return [listener] * workers


def adopt(descriptor: int, workers: int) -> list[socket.socket]:
    """The listening socket that whoever started us made (`--fd`), the same for each worker; its backlog is theirs."""
    try:
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise ServeError(f"Cannot listen on descriptor {descriptor}: it is not an open socket.") from error
    if not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        listener.detach()
        raise ServeError(f"Cannot listen on descriptor {descriptor}: it is a socket that does not listen.")
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listener.setblocking(False)
    return [listener] * workers


def somebody_waits(descriptor: int) -> bool:
    """Whether a connection waits on this listening socket to be accepted."""
    waiting = select.poll()  # select() takes no descriptor above 1023
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))


def limit_send_buffer(descriptor: int) -> None:
    """SEND_BUFFER for what is accepted from a socket that somebody else made."""
    with socket.socket(fileno=os.dup(descriptor)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def close(listeners: Iterable[socket.socket]) -> None:
    """Close ours of them, and take away the name of a Unix socket that we made: the next server can have it.

    Idempotent. Workers that still hold a socket go on accepting from it.
    """
    for listener in listeners:
        if listener.fileno() < 0:
            continue
        if isinstance(listener, _Named):
            try:
                os.unlink(listener.getsockname())
            except OSError:
                pass  # taken away by somebody else
        listener.close()


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    if not 0 <= port <= 65535:
        raise ServeError(f"Cannot listen on port {port}: ports go from 0 to 65535.")
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or "0.0.0.0",  # noqa: S104 (what an empty host means)
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except (OSError, UnicodeError) as error:
        raise ServeError(f"Cannot listen on {host!r}, port {port}: there is no such address.") from error
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, address


def _bound(
    family: socket.AddressFamily,
    address: tuple[object, ...],
    made: list[socket.socket],
    *,
    shared: bool = False,
) -> socket.socket:
    """A listening socket, put into `made` at once so that the caller can close it whatever happens."""
    listener = socket.socket(family, socket.SOCK_STREAM)
    made.append(listener)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT do not matter
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(address)
    listener.listen(BACKLOG)
    listener.setblocking(False)  # two workers accept from it during a replacement: the slower must not hang
    return listener


def _clear_leftover(path: str) -> None:
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise OSError(errno.EEXIST, "it exists and is not a socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except BlockingIOError:
            pass  # its backlog is full
    raise OSError(errno.EADDRINUSE, "a server answers")


def _sentence(error: OSError, where: str) -> str:
    number = error.errno
    if number == errno.EADDRINUSE:
        reason = "another server is listening there; stop it or choose another port"
    elif number in (errno.EACCES, errno.EPERM):
        reason = "this user may not (ports below 1024 and protected folders need more rights)"
    elif number == errno.EADDRNOTAVAIL:
        reason = "this machine does not have that address"
    elif number == errno.EAFNOSUPPORT:
        reason = "this machine has no IPv6"
    else:
        reason = error.strerror or str(error)  # Python's own, such as "AF_UNIX path too long", have no number
    return f"Cannot listen on {where}: {reason}."
