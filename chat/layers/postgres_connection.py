"""Connections of the PostgreSQL layer: bounded in every wait, also when the other end is silent."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo

T = TypeVar("T")

WAIT: Final = 5.0  # seconds for one statement, or for a connection
RETRY_AFTER: Final = 0.2  # seconds between two attempts to connect

# A peer that is gone without a word is noticed in about ten seconds.
_ALIVE: Final[dict[str, Any]] = {
    "keepalives": 1,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}


class PostgresUnavailable(ConnectionError):
    """The server did not take it in time, or the connection broke: it is not known whether the message went."""


async def connect(conninfo: str) -> psycopg.AsyncConnection:
    """A connection in autocommit mode; psycopg.Error if the server cannot be reached within WAIT seconds."""
    lively = make_conninfo(conninfo, connect_timeout=int(WAIT), application_name="channel layer", **_ALIVE)
    return await psycopg.AsyncConnection.connect(lively, autocommit=True)


async def bounded(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """What `work` returns, or TimeoutError. asyncio.timeout() would not do: see end()."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        await end(task)
    if task.cancelled():
        raise TimeoutError(f"no answer within {seconds:g} s")
    return task.result()


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task, if it runs, and wait for it, a second at most. In a statement psycopg asks the server to stop it
    and waits up to 10 s for a frozen one; cancelled again it gives that up."""
    cancelled = False
    for _ in range(4):
        if task.done():
            break
        task.cancel()
        try:
            await asyncio.wait({task}, timeout=0.25)
        except asyncio.CancelledError:  # of ours: the connection must not be closed under the statement
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


def told(error: BaseException) -> str:
    """The first line of what an error says; libpq's others are hints."""
    return str(error).partition("\n")[0] or type(error).__name__
