"""The listening half of the PostgreSQL layer: a connection that comes back by itself and says that it was away."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg import sql

from chat.layers.postgres_connection import (
    RETRY_AFTER,
    WAIT,
    PostgresUnavailable,
    bounded,
    connect,
    end,
    told,
)

logger = logging.getLogger(__name__)

LISTEN_MAX: Final = 500  # statements in one round trip
ASK_EVERY: Final = 3.0  # seconds of listening after which the connection must show that it lives
ANSWER_WITHIN: Final = 3.0


class Listener:
    """`on_payload` gets each payload, in PostgreSQL's order; `on_gap` a sentence after an interruption."""

    def __init__(
        self, conninfo: str, on_payload: Callable[[str], None], on_gap: Callable[[str], None]
    ) -> None:
        self._conninfo, self._on_payload, self._on_gap = conninfo, on_payload, on_gap
        self._wanted: set[str] = set()
        self._heard: set[str] = set()  # LISTEN stands, on the present connection
        self._changed = asyncio.Event()
        self._stands: dict[str, asyncio.Future[None]] = {}
        self._lost: float | None = None  # when the connection that had been there went
        self._why = "it has not connected yet"
        self._task: asyncio.Task[None] | None = None

    async def hear(self, place: str) -> None:
        """Returns once notifications there arrive; PostgresUnavailable if that takes longer than WAIT seconds."""
        self._wanted.add(place)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        if place in self._heard:
            return
        stands = self._stands.setdefault(place, asyncio.get_running_loop().create_future())
        self._changed.set()
        try:
            async with asyncio.timeout(WAIT):
                await asyncio.shield(stands)  # others wait for it too
        except TimeoutError:
            raise PostgresUnavailable(f"LISTEN was not possible within {WAIT:g} s: {self._why}") from None

    def ignore(self, place: str) -> None:
        """Undo hear(), soon."""
        self._wanted.discard(place)
        self._changed.set()

    async def close(self) -> None:
        for stands in self._stands.values():
            stands.cancel()
        if self._task is not None:
            await end(self._task)
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                async with await connect(self._conninfo) as link:
                    await self._serve(link)
            except (psycopg.Error, OSError, TimeoutError) as error:
                self._why = told(error)
                if self._heard:
                    self._lost = time.monotonic()
                    logger.debug("the connection to PostgreSQL for listening is lost: %s", self._why)
            self._heard.clear()
            await asyncio.sleep(RETRY_AFTER)

    async def _serve(self, link: psycopg.AsyncConnection) -> None:
        while True:
            self._changed.clear()
            await self._reconcile(link)
            if self._lost is not None:
                away, self._lost = time.monotonic() - self._lost, None
                self._on_gap(f"PostgreSQL was not listened to for {away:.1f} s: {self._why}")
            if not await self._listen_until_changed(link):
                await bounded(link.execute("SELECT"), ANSWER_WITHIN)

    async def _reconcile(self, link: psycopg.AsyncConnection) -> None:
        while changes := self._changes():
            words = {True: sql.SQL("LISTEN {}"), False: sql.SQL("UNLISTEN {}")}
            statements = [words[add].format(sql.Identifier(place)) for place, add in changes]
            await bounded(link.execute(sql.SQL("; ").join(statements)), WAIT)
            for place, add in changes:
                if not add:
                    self._heard.discard(place)
                    continue
                self._heard.add(place)
                if (stands := self._stands.pop(place, None)) and not stands.done():
                    stands.set_result(None)

    def _changes(self) -> list[tuple[str, bool]]:
        come = [(place, True) for place in self._wanted - self._heard]
        gone = [(place, False) for place in self._heard - self._wanted]
        return (gone + come)[:LISTEN_MAX]

    async def _listen_until_changed(self, link: psycopg.AsyncConnection) -> bool:
        """Whether something changed; if nothing did, after ASK_EVERY. Cancelling the wait loses nothing: notifications
        are taken from the connection and handed on in one step."""
        hearing = asyncio.create_task(self._listen(link))
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({hearing, changed}, timeout=ASK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            if not hearing.done():
                hearing.cancel()
            await asyncio.wait({hearing})
        if not hearing.cancelled() and (error := hearing.exception()):
            raise error
        return self._changed.is_set()

    async def _listen(self, link: psycopg.AsyncConnection) -> None:
        async for notice in link.notifies():
            self._on_payload(notice.payload)
