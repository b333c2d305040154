"""channels_rabbitmq 4.0.1 on carehare 1.0.2, with what our promises need and neither has (all of it seen happening):

* A caller that gives up cancels the future it awaits. The one of the connection is shared, so the library never came
  back; one of a publish or a bind is completed by the server later, which broke the connection. All are shielded.
* After an outage everything that was waiting was sent in a burst. Who gave up is not sent.
* Nothing bounded the handshake: a frozen server was waited for without end, and closing waited likewise.
* A message that could not be sent was written to the log, with its text. It is an exception now.
* Two channels of a group got one and the same dict.
* User and password are not %-decoded (config/bus_url.py hands them over in the form that is taken).

Worth proposing upstream: the shields, room for the frame header in carehare's publish(), a bound for the handshake.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable
from copy import deepcopy
from typing import Any, Final

import carehare
from channels.exceptions import ChannelFull
from channels_rabbitmq.core import RabbitmqChannelLayer, _setup_connection, _setup_subscriptions
from channels_rabbitmq.reader import consume_into_multi_queue_until_connection_close

logger = logging.getLogger(__name__)

WAIT: Final = 5.0  # seconds for a connection, and for an answer
RETRY_AFTER: Final = 0.3  # seconds between two attempts to connect
CLOSE_WAIT: Final = 1.0

_TROUBLE: Final = (
    carehare.BadBytesFromServer,
    carehare.ChannelClosed,
    carehare.ChannelClosedByServer,
    carehare.ConnectionClosed,
    carehare.ConnectionClosedByHeartbeatMonitor,
    carehare.ConnectionClosedByServer,
    OSError,
    TimeoutError,
)


class RabbitmqUnavailable(ConnectionError):
    """RabbitMQ did not take it in time, or the connection broke: it is not known whether the message went."""


class Link(RabbitmqChannelLayer):
    """The library's layer on one loop; made on that loop."""

    _carehare_connection: asyncio.Future[carehare.Connection]

    def __init__(self, context: ssl.SSLContext | None, **config: Any) -> None:
        super().__init__(ssl_context=context, **config)
        self.connect_timeout = WAIT
        self._why = "it has not connected yet"
        self._open: carehare.Connection | None = None
        self._shared = False  # some group has had two channels here

    @property
    def queue(self) -> str:
        return str(self._queue_name)

    @property
    def carehare_connection(self) -> asyncio.Future[carehare.Connection]:
        return asyncio.shield(super().carehare_connection)

    async def connected(self) -> carehare.Connection:
        try:
            async with asyncio.timeout(WAIT):
                return await self.carehare_connection
        except TimeoutError:
            raise RabbitmqUnavailable(f"no connection within {WAIT:g} s: {self._why}") from None

    async def receive(self, channel: str) -> dict[str, Any]:
        await self.connected()
        message: dict[str, Any] = await self._multi_queue.get(channel)
        return deepcopy(message) if self._shared else message

    # --- to the server --------------------------------------------------------------------------------------------

    async def publish(self, body: bytes, *, routing_key: str, exchange_name: str = "") -> None:
        """Returns when RabbitMQ has it; ChannelFull when the queue is full."""
        try:
            async with asyncio.timeout(WAIT):
                connection = await self.carehare_connection
                await _kept(connection.publish(body, exchange_name=exchange_name, routing_key=routing_key))
        except carehare.ServerSentNack:
            raise ChannelFull(f"{self.remote_capacity} messages wait at RabbitMQ already") from None
        except _TROUBLE as error:
            raise RabbitmqUnavailable(self._told(error)) from error

    async def publish_to_group(self, body: bytes, group: str) -> None:
        try:
            await self.publish(body, routing_key=group, exchange_name=self.groups_exchange)
        except ChannelFull:
            logger.warning("a member of group %s has a full queue: a message to it is dropped", group)

    async def group_add(self, group: str, channel: str) -> None:
        try:
            async with asyncio.timeout(WAIT):
                connection = await self.carehare_connection
                members = self._multi_queue.group_add(group, channel)
                self._shared |= members > 1
                if members == 1:
                    await _kept(connection.queue_bind(self.queue, self.groups_exchange, routing_key=group))
        except _TROUBLE as error:
            raise RabbitmqUnavailable(self._told(error)) from error

    async def group_discard(self, group: str, channel: str) -> None:
        if self._multi_queue.group_discard(group, channel) != 0 or self._open is None:
            return  # somebody else is left in it; or a new connection has no bindings but those of our groups
        try:
            async with asyncio.timeout(WAIT):
                await _kept(self._open.queue_unbind(self.queue, self.groups_exchange, routing_key=group))
        except _TROUBLE as error:
            raise RabbitmqUnavailable(self._told(error)) from error

    def _told(self, error: BaseException) -> str:
        return str(error) or (f"no answer within {WAIT:g} s" if self._open else self._why)

    # --- the connection -------------------------------------------------------------------------------------------

    async def _reconnect_forever(self) -> None:
        """The library's, with every wait bounded."""
        while not self._want_close:
            try:
                connection = await self._connect()
            except _TROUBLE as error:
                self._why = str(error) or type(error).__name__
                await asyncio.sleep(RETRY_AFTER)
                continue
            self._open = connection
            self._carehare_connection.set_result(connection)
            try:
                await consume_into_multi_queue_until_connection_close(
                    connection=connection,
                    channel=self.queue,
                    multi_queue=self._multi_queue,
                    prefetch_count=self.local_capacity,
                )
                await asyncio.shield(connection.closed)
            except _TROUBLE as error:
                self._why = str(error) or type(error).__name__
            finally:
                self._open = None
                self._carehare_connection = asyncio.get_running_loop().create_future()
                _abort(connection)

    async def _connect(self) -> carehare.Connection:
        connection = _Connection(url=self.host, connect_timeout=WAIT, ssl=self.ssl_context)
        await connection.connect()
        connection.closed.add_done_callback(_heard)
        try:
            async with asyncio.timeout(WAIT):
                await _setup_connection(
                    connection=connection,
                    queue_name=self.queue,
                    remote_capacity=self.remote_capacity,
                    expiry=self.expiry,
                    groups_exchange=self.groups_exchange,
                )
                await _setup_subscriptions(
                    connection=connection,
                    queue_name=self.queue,
                    groups_exchange=self.groups_exchange,
                    groups=list(self._multi_queue._local_groups),
                )
        except BaseException:  # also when cancelled: nobody else would close it
            _abort(connection)
            raise
        return connection

    async def shut(self) -> None:
        """Close in order if the server answers, else without it."""
        self._want_close = True
        self._multi_queue.close()
        if (connection := self._open) is not None and not connection.closed.done():
            connection._protocol.send_close_if_allowed()
            await asyncio.wait({connection.closed}, timeout=CLOSE_WAIT)
            _abort(connection)
        tasks = {t for name in ("_expire_task", "_reconnect_forever_task") if (t := self.__dict__.get(name))}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_WAIT)


class _Connection(carehare.Connection):
    async def connect(self) -> None:
        """The handshake bounded like the connecting itself."""
        opening = asyncio.get_running_loop().create_task(super().connect())
        await asyncio.wait({opening}, timeout=WAIT)
        if not opening.done():
            if hasattr(self, "_protocol"):
                _abort(self)  # ends `opening` with an error
            else:
                opening.cancel()
            await asyncio.wait({opening}, timeout=CLOSE_WAIT)
            raise TimeoutError(f"no handshake within {WAIT:g} s")
        opening.result()


def _abort(connection: carehare.Connection) -> None:
    protocol = connection._protocol
    if not protocol.open.done():
        protocol._crash_exc = carehare.ConnectionClosed("given up")  # it asserts that there is a reason
    protocol._transport.abort()


async def _kept(answer: Awaitable[None]) -> None:
    """Await what the server completes; if we are cancelled it completes it all the same, unheard."""
    future = asyncio.ensure_future(answer)
    future.add_done_callback(_heard)
    await asyncio.shield(future)


def _heard(done: asyncio.Future[None]) -> None:
    """So that asyncio does not complain of an error that nobody waits for any longer."""
    if not done.cancelled():
        done.exception()
