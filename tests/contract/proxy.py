"""A TCP proxy on loopback that can become a black hole: connections stay open and nothing passes any more.

It runs on a loop and thread of its own, so that nothing a test does to its own loop changes what passes.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, Self

from deploy.services import free_port


class Proxy:
    """Forwards 127.0.0.1:port to 127.0.0.1:target."""

    def __init__(self, target: int, port: int | None = None) -> None:
        self.target, self.port = target, port or free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._hole = False
        self._connections: set[asyncio.Task[None]] = set()
        self._dead: list[asyncio.StreamWriter] = []  # never answered, never closed, until stop()
        self._server: asyncio.Server | None = None

    def start(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def stop(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def hole(self) -> None:
        """From now on nothing passes: what is connected is dead for good, what connects is accepted and ignored."""
        self._run(self._set(True))

    def heal(self) -> None:
        """New connections pass again. Those from before stay dead, as behind a firewall that forgot them."""
        self._run(self._set(False))

    # --- on the proxy's loop --------------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _set(self, hole: bool) -> None:
        self._hole = hole
        if hole:
            await self._cut()

    async def _cut(self) -> None:
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._hole:
            self._dead.append(writer)
            return
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._forward(reader, writer)
        except asyncio.CancelledError:
            self._dead.append(writer)
        finally:
            self._connections.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        pumps = [asyncio.ensure_future(_pump(*ends)) for ends in ((reader, back), (there, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._dead.append(back)
            await _stop(pumps)
            raise
        await _stop(pumps)
        back.close()
        writer.close()

    async def _close(self) -> None:
        if self._server:
            self._server.close()
        await self._cut()
        for writer in self._dead:
            writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


async def _stop(pumps: list[asyncio.Future[None]]) -> None:
    for pump in pumps:
        pump.cancel()
    await asyncio.gather(*pumps, return_exceptions=True)
