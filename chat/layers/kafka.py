"""A channel layer on Kafka in which every process receives everything: groups work as they do on Redis.

    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "chat.layers.kafka.KafkaChannelLayer",
            "CONFIG": {"hosts": ["kafka1:9092", "kafka2:9092"], "topic": "channels", "partitions": 64},
        }
    }

Guarantees: what is sent to a group, or to a channel, arrives in the order of its sending (one key, one partition, an
idempotent producer), once, also across restarts of a broker, as long as the topic's retention covers the interruption;
when it does not, `on_gap` is told. A process receives what is sent from the moment on at which new_channel() or
group_add() returned. Every process reads every record and keeps what concerns it. There is no consumer group: a shared
one would give each message to one process only. See docs/kafka-layer.md, and the Channels specification:
https://channels.readthedocs.io/en/stable/channel_layer_spec.html
"""

import asyncio
import logging
import secrets
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from channels.exceptions import ChannelFull
from channels.exceptions import MessageTooLarge as TooLarge
from channels.layers import BaseChannelLayer

from chat.layers.kafka_options import KafkaOptions, WrongOption
from chat.layers.kafka_reader import KafkaReader
from chat.layers.kafka_topic import KafkaUnavailable, TopicMismatch, ensure_topic
from chat.layers.kafka_writer import KafkaWriter, Record
from chat.layers.mailboxes import Mailboxes

__all__ = ["KafkaChannelLayer", "KafkaUnavailable", "MessageTooLarge", "TopicMismatch", "WrongOption"]

logger = logging.getLogger(__name__)

Message = Mapping[str, Any]
_GROUP, _CHANNEL = b"g", b"c"  # first byte of a record's key; the rest is the name
_REAP_EVERY = 10.0  # seconds


class MessageTooLarge(TooLarge):
    """The message is longer than `max_message` allows. Nothing was sent."""


class KafkaChannelLayer(BaseChannelLayer):
    """See the module's docstring. `on_gap` may be set: it gets a sentence, on the loop, when records were lost."""

    extensions = ["groups", "flush"]

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        expiry: float = 60,
        group_expiry: float = 86_400,
        capacity: int = 100,
        channel_capacity: Mapping[Any, int] | None = None,
        on_gap: Callable[[str], None] | None = None,
        **options: Any,
    ) -> None:
        """`options` are the fields of KafkaOptions; WrongOption (a ValueError) if one is not what it must be."""
        super().__init__(expiry=expiry, capacity=capacity)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.group_expiry, self.on_gap = group_expiry, on_gap
        try:
            self.options = KafkaOptions(hosts=hosts, **options)
        except TypeError as error:
            raise WrongOption(f"CONFIG of the Kafka layer: {error}") from error
        self._links: WeakKeyDictionary[asyncio.AbstractEventLoop, _Link] = WeakKeyDictionary()
        self._client = secrets.token_hex(8)

    # --- channels -------------------------------------------------------------------------------------------------

    async def new_channel(self, prefix: str = "specific") -> str:
        """A name that only this process receives from; KafkaUnavailable or TopicMismatch if that cannot be had."""
        channel = f"{prefix}.{self._client}!{secrets.token_hex(8)}"
        self.require_valid_channel_name(channel)
        link = await self._reading()
        link.boxes.open(channel)
        return channel

    async def send(self, channel: str, message: Message) -> None:
        """ChannelFull when the channel is this process's and full, or too much waits for the brokers."""
        self.require_valid_channel_name(channel)
        link = self._link()
        if link.boxes.full(channel):
            raise ChannelFull(f"channel {channel} holds {self.get_capacity(channel)} messages already")
        await link.write([self._record(_CHANNEL, channel, message)])

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message. A channel without "!" that several processes read gives each message to every one."""
        self.require_valid_channel_name(channel)
        link = await self._reading()
        return msgspec.msgpack.decode(await link.boxes.receive(channel), type=dict[str, Any])

    # --- groups ---------------------------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """From now on the channel, one of this process, receives what is sent to the group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        link = await self._reading()
        link.boxes.join(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Undo group_add(); nothing happens when the channel is not in the group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self._link().boxes.leave(group, channel)

    async def group_send(self, group: str, message: Message) -> None:
        """Returns when the brokers have it. TimeoutError after send_timeout; MessageTooLarge; ChannelFull as send()."""
        await self.group_send_batch([(group, message)])

    async def group_send_batch(self, messages: Iterable[tuple[str, Message]]) -> None:
        """Several groups' messages in one round trip, each group's in the order given; fails like group_send()."""
        records = []
        for group, message in messages:
            self.require_valid_group_name(group)
            records.append(self._record(_GROUP, group, message))
        await self._link().write(records)

    # --- the end --------------------------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Forget channels and groups and close connections, within 2 × close_timeout; the layer stays usable."""
        link = self._links.pop(asyncio.get_running_loop(), None)
        if link is not None:
            await link.close()

    close = flush

    # --- inside ---------------------------------------------------------------------------------------------------

    def _record(self, sort: bytes, name: str, message: Message) -> Record:
        # Asserted as in Channels' own layers: callers and tests of theirs expect this very exception.
        assert isinstance(message, Mapping), "message is not a dict"  # noqa: S101
        assert "__asgi_channel__" not in message, "the key is the layers' own"  # noqa: S101
        value = msgspec.msgpack.encode(message)
        if len(value) > self.options.max_message:
            raise MessageTooLarge(
                f"The message to {name} has {len(value):,} bytes; max_message allows {self.options.max_message:,}."
            )
        return sort + name.encode("ascii"), value

    def _link(self) -> "_Link":
        """The connections of the running loop: Channels is used from several, as async_to_sync makes new ones."""
        loop = asyncio.get_running_loop()
        link = self._links.get(loop)
        if link is None:
            link = self._links[loop] = _Link(self)
            _close_with(loop, self)
        return link

    async def _reading(self) -> "_Link":
        link = self._link()
        await link.start_reading()
        return link

    def gap(self, sentence: str) -> None:
        """Say that records were lost; the application should compare what it has with its source."""
        logger.warning("%s", sentence)
        if self.on_gap is not None:
            self.on_gap(sentence)


class _Link:
    """One event loop's share of the layer: its reader, its writer and its channels."""

    def __init__(self, layer: KafkaChannelLayer) -> None:
        self._options = layer.options
        self.boxes = Mailboxes(
            capacity_of=layer.get_capacity, expiry=layer.expiry, group_expiry=layer.group_expiry
        )
        self._reader = KafkaReader(layer.options, self._on_record, layer.gap)
        self._writer = KafkaWriter(layer.options)
        self._topic_known = False
        self._topic_lock = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None
        self._reaper: asyncio.Task[None] | None = None

    async def write(self, records: Sequence[Record]) -> None:
        await self._know_topic()
        await self._writer.write(records)

    async def start_reading(self) -> None:
        """Returns when the reader is ready. One start for all that wait; it goes on when one of them gives up."""
        if self._reaper is not None:
            return
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start(), name="kafka layer: starting")
            self._starting.add_done_callback(_heard)
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        await self._know_topic()
        await self._reader.start()
        self._reaper = asyncio.create_task(self._reap(), name="kafka layer: idle channels")

    async def _know_topic(self) -> None:
        if self._topic_known:
            return
        async with self._topic_lock:
            if not self._topic_known:
                await ensure_topic(self._options)
                self._topic_known = True

    def _on_record(self, key: bytes, value: bytes) -> None:
        name = key[1:].decode("ascii", "replace")
        if key[:1] == _GROUP:
            self.boxes.deliver_to_group(name, value)
        else:
            self.boxes.deliver(name, value)

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(_REAP_EVERY)
            self.boxes.forget_idle()

    async def close(self) -> None:
        for task in filter(None, (self._starting, self._reaper)):
            task.cancel()
        self.boxes.clear()
        await asyncio.gather(self._reader.close(), self._writer.close())


def _heard(task: asyncio.Task[None]) -> None:
    """Everybody who waited for it may have given up: its failure is said all the same."""
    if not task.cancelled() and (error := task.exception()):
        logger.info("the Kafka layer could not start: %s", error)


def _close_with(loop: asyncio.AbstractEventLoop, layer: KafkaChannelLayer) -> None:
    """Close the connections before the loop closes: a loop of async_to_sync ends with its one call.

    asyncio has no hook for a loop's end, so its close() is replaced on this one loop, which types do not foresee;
    channels_redis does the same.
    """
    close = loop.close

    def close_both(self: asyncio.AbstractEventLoop) -> None:
        loop.close = close  # type: ignore[method-assign]
        if not loop.is_closed() and not loop.is_running():
            loop.run_until_complete(layer.flush())
        close()

    loop.close = types.MethodType(close_both, loop)  # type: ignore[method-assign]
