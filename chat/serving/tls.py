"""A TLS transport as SocketWriter takes transports: one that asks for more when it has written everything."""

import asyncio
from typing import Any

from twisted.internet.interfaces import IPushProducer, ISSLTransport
from zope.interface import implementer


def pulling(transport: Any) -> Any:
    """`transport` itself, or what stands before it if it is TLS."""
    return PullingTls(transport) if ISSLTransport.providedBy(transport) else transport


@implementer(IPushProducer)
class PullingTls:
    """Before a TLS transport for one pull producer.

    Twisted asks a pull producer over TLS in every turn of the reactor, whether anything is written or not: one idle
    connection keeps a core busy. A push producer is only told to pause, at 64 KiB in the buffer below, and to go on
    when that is empty; between the two we ask after each write.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._paused = False

    def getHandle(self) -> None:
        """None to write to but the transport."""

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self._producer = producer
        self._transport.registerProducer(self, True)
        asyncio.get_running_loop().call_soon(self._ask)

    def unregisterProducer(self) -> None:
        self._transport.unregisterProducer()

    def write(self, data: bytes) -> None:
        self._transport.write(data)
        self._ask()

    def _ask(self) -> None:
        if not self._paused:
            self._producer.resumeProducing()

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False
        self._producer.resumeProducing()

    def stopProducing(self) -> None:
        self._producer.stopProducing()
