"""Whether the bus answers, asked once by a worker that starts: a wrong address is told to who typed it."""

import asyncio
import logging
from typing import Any, Final

from chat.outside import make_layer

logger = logging.getLogger(__name__)

RETRY_AFTER: Final = 0.3  # seconds
CLOSE_WAIT: Final = 2.0


class BusUnreachable(Exception):
    """A sentence for the person at the terminal."""


def check(within: float) -> None:
    """Send ourselves a message by the bus. Raises BusUnreachable if it is not back within that many seconds; blocks."""
    asyncio.run(_check(within))


async def _check(within: float) -> None:
    why = "no answer"
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    return await _round_trip()
                except (
                    Exception
                ) as error:  # the layers raise what their client libraries raise; the next try is soon
                    why = str(error).partition("\n")[0][:200] or type(error).__name__
                await asyncio.sleep(RETRY_AFTER)
    except TimeoutError:
        raise BusUnreachable(
            f"The bus of BUS_URL did not answer within {within:g} s: {why.rstrip('.')}. "
            "BUS_START_WITHIN=0 starts without asking; messages between workers then come late until it is there."
        ) from None


async def _round_trip() -> None:
    layer: Any = make_layer()
    try:
        channel = await layer.new_channel()
        await layer.send(channel, {"type": "hub.ping", "o": "start"})
        await layer.receive(channel)
    finally:
        await _closed(layer)


async def _closed(layer: Any) -> None:
    try:
        async with asyncio.timeout(CLOSE_WAIT):
            await layer.flush()
    except Exception as error:  # its server is away, which is about to be said in one sentence
        logger.debug("the layer was not closed in order: %r", error)
