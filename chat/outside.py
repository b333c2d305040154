"""Telling live readers from a process that has none (a command, a shell): best effort, the workers find the rest."""

import asyncio
import logging
from typing import Any, Final

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils.module_loading import import_string

from chat.realtime import publication
from chat.realtime.entry import LiveEntry
from chat.realtime.hub import CONTROL
from chat.realtime.publication import Event
from chat.realtime.room import shard

logger = logging.getLogger(__name__)

WAIT: Final = 3.0  # seconds that the bus has, and again to say goodbye


def make_layer() -> Any:
    """A new instance of the configured channel layer: who publishes owns one, so that a frozen one can be replaced."""
    config: dict[str, Any] = settings.CHANNEL_LAYERS["default"]
    return import_string(config["BACKEND"])(**config.get("CONFIG", {}))


def publish(rooms: dict[int, list[LiveEntry]]) -> None:
    """Committed entries of rooms."""
    shards = settings.CHAT["BUS_SHARDS"]
    _send(
        [
            (
                shard(room_id, shards),
                publication.event(publication.ORIGIN_OUTSIDE, [publication.room_entries(room_id, entries)]),
            )
            for room_id, entries in rooms.items()
        ]
    )


def control(extra: Event) -> None:
    """Something for every worker, not for a room."""
    _send([(CONTROL, publication.event(publication.ORIGIN_OUTSIDE, extras=[extra]))])


def _send(messages: list[tuple[str, Event]]) -> None:
    async def send() -> None:
        layer = make_layer()
        try:
            async with asyncio.timeout(WAIT):
                for group, message in messages:
                    await publication.send(layer, group, message)
        finally:
            async with asyncio.timeout(WAIT):
                await layer.flush()

    try:
        async_to_sync(send)()
    except Exception as error:  # a failing bus never fails a verb
        logger.warning("nothing was announced: %r", error)
