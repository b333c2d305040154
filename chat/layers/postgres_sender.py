"""The sending half of the PostgreSQL layer: what was handed over while the last batch was on its way goes as one."""

import asyncio
import time
from collections import deque
from typing import Final

import psycopg
from channels.exceptions import ChannelFull

from chat.layers.postgres_connection import (
    RETRY_AFTER,
    WAIT,
    PostgresUnavailable,
    bounded,
    connect,
    end,
    told,
)

Waiting = tuple[str, str, asyncio.Future[None]]  # notification channel, payload, who waits

WAITING_MAX: Final = 2_000  # messages that wait for the server
BATCH_MAX: Final = 500

_NOTIFY: Final = (
    "SELECT count(pg_notify(place, payload)) FROM unnest(%s::text[], %s::text[]) AS n (place, payload)"
)


class Sender:
    """One connection, made when there is something to send; one transaction at a time, so order is kept."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._waiting: deque[Waiting] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._link: psycopg.AsyncConnection | None = None
        self._failed = -RETRY_AFTER  # when the last attempt to connect failed

    async def send(self, place: str, payload: str) -> None:
        """Returns when it has committed. ChannelFull at WAITING_MAX; PostgresUnavailable. A caller that is cancelled
        takes its message along, unless it is on its way."""
        if len(self._waiting) >= WAITING_MAX:
            raise ChannelFull(f"{WAITING_MAX} messages wait for PostgreSQL already")
        sent = asyncio.get_running_loop().create_future()
        self._waiting.append((place, payload, sent))
        self._wake.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        await sent

    async def close(self) -> None:
        if self._task is not None:
            await end(self._task)
            self._task = None
        self._fail([sent for _, _, sent in self._waiting], "the layer was closed")
        self._waiting.clear()

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while batch := self._take():
                    await self._send(batch)
        finally:
            if self._link is not None:
                await self._link.close()
                self._link = None

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        while self._waiting and len(batch) < BATCH_MAX:
            each = self._waiting.popleft()
            if not each[2].done():
                batch.append(each)
        return batch

    async def _send(self, batch: list[Waiting]) -> None:
        sent = [each[2] for each in batch]
        try:
            link = await self._connected()
            places, payloads = [b[0] for b in batch], [b[1] for b in batch]
            await bounded(link.execute(_NOTIFY, (places, payloads), prepare=True), WAIT)
        except (psycopg.Error, OSError, TimeoutError, PostgresUnavailable) as error:
            self._fail(sent, told(error))
            if self._link is not None:  # whether they arrived is not known; they are not sent again
                await self._link.close()
                self._link = None
        except asyncio.CancelledError:
            self._fail(sent, "the layer was closed")
            raise
        else:
            for each in sent:
                if not each.done():
                    each.set_result(None)

    async def _connected(self) -> psycopg.AsyncConnection:
        if self._link is not None:
            return self._link
        if time.monotonic() - self._failed < RETRY_AFTER:
            raise PostgresUnavailable("it could not be reached a moment ago")
        try:
            self._link = await connect(self._conninfo)
            # A notification is no more durable than its listeners: nothing is gained by waiting for the disk.
            await bounded(self._link.execute("SET synchronous_commit = off"), WAIT)
        except BaseException:  # also a wait that was cut short: the server did not answer in time
            self._failed = time.monotonic()
            raise
        return self._link

    def _fail(self, sent: list[asyncio.Future[None]], why: str) -> None:
        for each in sent:
            if not each.done():
                each.set_exception(PostgresUnavailable(why))
