"""A channel layer on PostgreSQL's LISTEN and NOTIFY, for who has PostgreSQL and wants no further server.

CHANNEL_LAYERS = {"default": {"BACKEND": "chat.layers.postgres.PostgresChannelLayer",
                              "CONFIG": {"conninfo": "host=… dbname=… user=… password=…"}}}

Guarantees: what one process sends to a group, or to a channel, arrives in the order of its sending, at most once, and
only when PostgreSQL has taken it. A process receives what is sent from the moment on at which new_channel() or
group_add() returned. While its listening connection is lost nothing is kept for it; it comes back by itself and tells
`on_gap`.
A message that is longer than NOTIFY takes (8,000 bytes encoded, about 5,900 of msgpack) raises MessageTooLarge.

Connections: two for each process and event loop, outside of Django's pool, one to listen and one to send; sending does
not wait for the disk (synchronous_commit off, for that connection). They must be sessions of their own: LISTEN does not
work through pgbouncer's transaction pooling. https://www.postgresql.org/docs/current/sql-notify.html,
https://channels.readthedocs.io/en/stable/channel_layer_spec.html
"""

import asyncio
import base64
import hashlib
import itertools
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from channels.exceptions import ChannelFull, MessageTooLarge
from channels.layers import BaseChannelLayer

from chat.layers.mailboxes import Mailboxes
from chat.layers.postgres_listener import Listener
from chat.layers.postgres_sender import Sender

PAYLOAD_MAX: Final = 7_999  # bytes; PostgreSQL says "less than 8000"
REAP_EVERY: Final = 10.0  # seconds between two looks for channels that nobody receives from any longer
_GROUP, _CHANNEL = "g", "c"

Message = Mapping[str, Any]


class PostgresChannelLayer(BaseChannelLayer):
    """See the module's docstring. `on_gap` may be set: it gets a sentence, on the loop, when messages may be lost."""

    extensions = ["groups", "flush"]

    def __init__(
        self,
        conninfo: str = "",
        *,
        prefix: str = "channels",
        expiry: float = 60,
        group_expiry: float = 86_400,
        capacity: int = 100,
        channel_capacity: Mapping[Any, int] | None = None,
        on_gap: Callable[[str], None] | None = None,
    ) -> None:
        """`conninfo` as libpq has it; `prefix` (1 to 16 of a-z, 0-9, _) keeps several sites in one database apart."""
        super().__init__(expiry=expiry, capacity=capacity)
        if not (prefix.isascii() and prefix.isidentifier() and len(prefix) <= 16):
            raise ValueError("prefix must be 1 to 16 letters, digits and underscores")
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.conninfo, self.prefix, self.group_expiry, self.on_gap = conninfo, prefix, group_expiry, on_gap
        self._client = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._links: WeakKeyDictionary[asyncio.AbstractEventLoop, _Link] = WeakKeyDictionary()

    # --- channels -------------------------------------------------------------------------------------------------

    async def new_channel(self, prefix: str = "specific") -> str:
        """A name that only this process receives from. PostgresUnavailable when the server does not answer."""
        channel = f"{prefix}.{self._client}!{secrets.token_hex(8)}"
        self.require_valid_channel_name(channel)
        await self._read(channel)
        return channel

    async def send(self, channel: str, message: Message) -> None:
        """Returns when PostgreSQL has it. ChannelFull when the channel is this process's and full, or when too much
        waits for the server; MessageTooLarge; PostgresUnavailable."""
        self.require_valid_channel_name(channel)
        link = self._link()
        if link.boxes.full(channel):
            raise ChannelFull(f"channel {channel} holds {self.get_capacity(channel)} messages already")
        await link.sender.send(self._place(channel), self._payload(_CHANNEL, channel, message))

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message. A channel without "!" that several processes read gives each message to every one."""
        self.require_valid_channel_name(channel)
        link = await self._read(channel)
        return msgspec.msgpack.decode(await link.boxes.receive(channel), type=dict[str, Any])

    # --- groups ---------------------------------------------------------------------------------------------------

    async def group_add(self, group: str, channel: str) -> None:
        """From now on the channel, one of this process, receives what is sent to the group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        link = self._link()
        link.boxes.join(group, channel)
        await link.listener.hear(self._group_place(group))

    async def group_discard(self, group: str, channel: str) -> None:
        """Undo group_add(); nothing happens when the channel is not in the group."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        link = self._link()
        link.boxes.leave(group, channel)
        if group not in link.boxes.groups:
            link.listener.ignore(self._group_place(group))

    async def group_send(self, group: str, message: Message) -> None:
        """Returns when PostgreSQL has it; what is handed over in one turn of the loop goes in one transaction.
        MessageTooLarge, PostgresUnavailable; ChannelFull when too much waits for the server."""
        self.require_valid_group_name(group)
        await self._link().sender.send(self._group_place(group), self._payload(_GROUP, group, message))

    # --- the end --------------------------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Forget all channels and groups and close the connections; the layer stays usable."""
        link = self._links.pop(asyncio.get_running_loop(), None)
        if link is not None:
            await link.close()

    close = flush

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _read(self, channel: str) -> "_Link":
        link = self._link()
        link.boxes.open(channel)
        await link.listener.hear(self._place(channel))
        return link

    def _place(self, channel: str) -> str:
        """The notification channel of a channel: one for all of a process's own."""
        return self._named(_CHANNEL + self.non_local_name(channel))

    def _group_place(self, group: str) -> str:
        return self._named(_GROUP + group)

    def _named(self, name: str) -> str:
        """Names in PostgreSQL end at 63 bytes, those of Channels at 100: the payload says whose it really is."""
        return f"{self.prefix}_{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"

    def _payload(self, sort: str, name: str, message: Message) -> str:
        """The number is there because PostgreSQL drops a notification that equals another one of its transaction."""
        assert isinstance(message, Mapping), "message is not a dict"  # noqa: S101 (as the other layers have it)
        body = msgspec.msgpack.encode(message)
        payload = f"{next(self._numbers):x} {sort}{name} {base64.b64encode(body).decode()}"
        if len(payload) > PAYLOAD_MAX:
            raise MessageTooLarge(
                f"The message has {len(body):,} bytes; NOTIFY carries about {PAYLOAD_MAX * 3 // 4:,}."
            )
        return payload

    def _link(self) -> "_Link":
        loop = asyncio.get_running_loop()
        if (link := self._links.get(loop)) is None:
            link = self._links[loop] = _Link(self)
        return link


class _Link:
    """What the layer has on one event loop."""

    def __init__(self, layer: PostgresChannelLayer) -> None:
        self._layer = layer
        self.boxes = Mailboxes(
            capacity_of=layer.get_capacity, expiry=layer.expiry, group_expiry=layer.group_expiry
        )
        self.listener = Listener(layer.conninfo, self._heard, self._gap)
        self.sender = Sender(layer.conninfo)
        self._reaper = asyncio.get_running_loop().call_later(REAP_EVERY, self._reap)

    def _heard(self, payload: str) -> None:
        _, name, body = payload.split(" ")
        deliver = self.boxes.deliver_to_group if name[0] == _GROUP else self.boxes.deliver
        deliver(name[1:], base64.b64decode(body))

    def _gap(self, why: str) -> None:
        if self._layer.on_gap is not None:
            self._layer.on_gap(why)

    def _reap(self) -> None:
        before = set(self.boxes.groups)
        self.boxes.forget_idle()
        for group in before.difference(self.boxes.groups):
            self.listener.ignore(self._layer._group_place(group))
        self._reaper = asyncio.get_running_loop().call_later(REAP_EVERY, self._reap)

    async def close(self) -> None:
        self._reaper.cancel()
        self.boxes.clear()
        await asyncio.gather(self.listener.close(), self.sender.close())
