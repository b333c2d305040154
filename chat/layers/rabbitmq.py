"""channels_rabbitmq, bounded: one instance for each event loop, made when it is first needed.

CHANNEL_LAYERS = {"default": {"BACKEND": "chat.layers.rabbitmq.RabbitmqChannelLayer",
                              "CONFIG": {"host": "amqp://user:password@host:5672/vhost", "cafile": None}}}

Guarantees: what one process sends to a group, or to a channel, arrives in the order of its sending, at most once;
sending returns when RabbitMQ has it. A process receives what is sent from the moment on at which new_channel() or
group_add() returned. Its queue ends with its connection: what is sent while it is away is lost to it. The library comes
back by itself; what had to be mended on the way is in rabbitmq_link.py.
https://channels.readthedocs.io/en/stable/channel_layer_spec.html
"""

import asyncio
import secrets
import ssl
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from channels.exceptions import MessageTooLarge
from channels.layers import BaseChannelLayer
from channels_rabbitmq.util import ChannelRecipient, GroupRecipient, Recipient, serialize_message

from chat.layers.rabbitmq_link import Link

MESSAGE_MAX: Final = 131_072 - 8
"""Bytes: one frame of RabbitMQ's default size. carehare 1.0.2 cuts larger messages without leaving room for the frames'
own eight bytes, and RabbitMQ answers by closing the connection."""
CAPACITY_MAX: Final = 65_535  # AMQP's prefetch count has 16 bits

Message = Mapping[str, Any]


class RabbitmqChannelLayer(BaseChannelLayer):
    """See the module's docstring. Channels without "!" (for workers) do not exist in channels_rabbitmq."""

    extensions = ["groups", "flush"]

    def __init__(
        self,
        host: str,
        *,
        capacity: int = 100,
        expiry: float = 60,
        cafile: str | None = None,
        groups_exchange: str = "groups",
    ) -> None:
        """`capacity` messages wait here and as many at RabbitMQ. `cafile` (amqps only) is trusted in place of the
        system's authorities."""
        super().__init__(expiry=expiry, capacity=capacity)
        self._context = ssl.create_default_context(cafile=cafile) if host.startswith("amqps:") else None
        self._config = {
            "host": host,
            "local_capacity": min(capacity, CAPACITY_MAX),
            "remote_capacity": capacity,
            "expiry": expiry,
            "local_expiry": expiry,
            "groups_exchange": groups_exchange,
        }
        self._links: WeakKeyDictionary[asyncio.AbstractEventLoop, Link] = WeakKeyDictionary()

    async def new_channel(self, prefix: str = "specific") -> str:
        """A name that only this process receives from; RabbitmqUnavailable when the server does not answer."""
        link = self._link()
        channel = f"{prefix}.{link.queue}!{secrets.token_hex(8)}"
        self.require_valid_channel_name(channel)
        await link.connected()  # its queue is there
        return channel

    async def send(self, channel: str, message: Message) -> None:
        """ChannelFull; MessageTooLarge; RabbitmqUnavailable."""
        self.require_valid_channel_name(channel)
        body = _body(ChannelRecipient(_inner(channel)), message)
        await self._link().publish(body, routing_key=_inner(channel).partition("!")[0])

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message; waits through interruptions of the connection."""
        self.require_valid_channel_name(channel)
        return await self._link().receive(_inner(channel))

    async def group_add(self, group: str, channel: str) -> None:
        """From now on the channel, one of this process, receives what is sent to the group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        await self._link().group_add(group, _inner(channel))

    async def group_discard(self, group: str, channel: str) -> None:
        """Undo group_add(); nothing happens when the channel is not in the group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        await self._link().group_discard(group, _inner(channel))

    async def group_send(self, group: str, message: Message) -> None:
        """MessageTooLarge; RabbitmqUnavailable. A member whose queue is full does not get it."""
        self.require_valid_group_name(group)
        await self._link().publish_to_group(_body(GroupRecipient(group), message), group)

    async def flush(self) -> None:
        """Forget all channels and groups and close the connection; the layer stays usable."""
        link = self._links.pop(asyncio.get_running_loop(), None)
        if link is not None:
            await link.shut()

    close = flush

    def _link(self) -> Link:
        loop = asyncio.get_running_loop()
        if (link := self._links.get(loop)) is None:
            link = self._links[loop] = Link(self._context, **self._config)
        return link


def _inner(channel: str) -> str:
    """The library's own name of a channel: that of its queue, without our prefix."""
    head, mark, tail = channel.partition("!")
    return f"{head.rpartition('.')[2]}{mark}{tail}"


def _body(recipient: Recipient, message: Message) -> bytes:
    body: bytes = serialize_message(recipient, dict(message))
    if len(body) > MESSAGE_MAX:
        raise MessageTooLarge(f"{len(body):,} bytes are more than one frame carries ({MESSAGE_MAX:,}).")
    return body
