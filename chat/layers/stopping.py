"""Stopping what others wrote, within a bound and without being hurt by how it fails."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)


async def stopped_within(seconds: float, stop: Coroutine[Any, Any, None], what: str) -> bool:
    """Whether `stop` ended in order in time; else it is cancelled, waited for half a second more, and logged.

    It runs in a task of its own: aiokafka's stop() awaits tasks that it has cancelled, and the CancelledError that
    comes of it must not be taken for our own cancellation.
    """
    task = asyncio.create_task(stop, name=f"stopping {what}")
    await asyncio.wait([task], timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.5)
    if task.done() and not task.cancelled() and task.exception() is None:
        return True
    why = "it was cut short" if not task.done() or task.cancelled() else repr(task.exception())
    logger.info("%s did not stop in order: %s", what, why)
    return False
