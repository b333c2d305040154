"""A real layer with a bus that drops a fifth of its events, repeats a fifth and shuffles the rest."""

import asyncio
import logging
import random
from typing import Any

from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

DROPPED, REPEATED, DELAYED = 0.2, 0.2, 0.3


class FaultyLayer:
    """Faults are applied where events arrive, per process; the self-ping and the group calls pass untouched."""

    def __init__(self, backend: str, **config: Any) -> None:
        self._layer = import_string(backend)(**config)
        self._random = random.Random()
        self._arrived: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)

    async def receive(self, channel: str) -> dict[str, Any]:
        if not self._tasks:
            self._spawn(self._pump(channel))
        return await self._arrived.get()

    async def _pump(self, channel: str) -> None:
        while True:
            event = await self._layer.receive(channel)
            if event["type"] != "hub.ping" and self._random.random() < DROPPED:
                logger.warning("dropped an event")
                continue
            copies = 2 if self._random.random() < REPEATED else 1
            for _ in range(copies):
                if event["type"] != "hub.ping" and self._random.random() < DELAYED:
                    asyncio.get_running_loop().call_later(
                        self._random.uniform(0, 0.2), self._arrived.put_nowait, event
                    )
                else:
                    self._arrived.put_nowait(event)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)

    async def flush(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._layer.flush()
