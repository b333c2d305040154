"""stomp.py's WSConnection behind the face of the other clients (tests/stomp/drivers.py)."""

import asyncio
import base64
import contextlib
import socket
from typing import Any

import stomp
from stomp.utils import Frame

from tests.stomp.drivers import Beats, Driver, Event


class _Listener(stomp.ConnectionListener):
    def __init__(self, driver: "StompPyDriver") -> None:
        self._driver = driver

    def on_connected(self, frame: Frame) -> None:
        self._driver.note({"event": "connected", "headers": frame.headers})

    def on_message(self, frame: Frame) -> None:
        body = frame.body if isinstance(frame.body, bytes) else frame.body.encode()
        encoded = base64.b64encode(body).decode()
        text = body.decode(errors="replace")
        self._driver.note({"event": "message", "headers": frame.headers, "body": text, "bytes": encoded})

    def on_receipt(self, frame: Frame) -> None:
        self._driver.note({"event": "receipt", "id": frame.headers["receipt-id"], "headers": frame.headers})

    def on_error(self, frame: Frame) -> None:
        self._driver.note({"event": "error", "headers": frame.headers, "body": frame.body})

    def on_disconnected(self) -> None:
        self._driver.note({"event": "closed", "code": None})  # the library does not tell


class StompPyDriver(Driver):
    """stomp.py's WSConnection and its threads."""

    def note(self, event: Event) -> None:
        """From any thread."""
        asyncio.run_coroutine_threadsafe(self.happened(event), self._loop)

    async def connect(
        self, port: int, *, cookie: str = "", token: str = "", beats: Beats = (0, 0), binary: bool = False
    ) -> None:
        header = {"Cookie": f"sessionid={cookie}"} if cookie else None
        self._line = stomp.WSConnection(
            [("127.0.0.1", port)], ws_path="/ws-stomp", header=header, heartbeats=beats, auto_decode=False,
            reconnect_attempts_max=1, binary_mode=binary,
        )  # fmt: skip
        self._line.set_listener("driver", _Listener(self))
        self._watch(self._line.transport)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        await asyncio.to_thread(self._line.connect, wait=False, headers=headers)

    def _watch(self, transport: Any) -> None:
        send, receive = transport.send, transport.receive
        self._muted = False

        def sent(data: bytes) -> None:
            if not self._muted:
                self.note({"event": "wire", "way": "C", "data": data.decode(errors="replace")})
                send(data)

        def received() -> bytes:
            data: bytes = receive()
            self.note({"event": "wire", "way": "S", "data": data.decode(errors="replace")})
            return data

        transport.send, transport.receive = sent, received

    async def do(self, name: str, **given: Any) -> None:
        await asyncio.to_thread(getattr(self, f"_{name}"), **given)

    def _subscribe(self, destination: str, headers: dict[str, str]) -> None:
        self._line.subscribe(destination, headers.pop("id"), headers=headers)

    def _unsubscribe(self, id: str) -> None:
        self._line.unsubscribe(id)

    def _send(self, destination: str, headers: dict[str, str], body: str = "", binary: str = "") -> None:
        given = base64.b64decode(binary) if binary else body
        self._line.send(destination, given, headers=headers, transaction=headers.pop("transaction", None))

    def _begin(self, transaction: str) -> None:
        self._line.begin(transaction)

    def _commit(self, transaction: str) -> None:
        self._line.commit(transaction)

    def _abort(self, transaction: str) -> None:
        self._line.abort(transaction)

    def _disconnect(self) -> None:
        self._line.disconnect("bye")

    def _mute(self) -> None:
        self._muted = True

    def _drop(self) -> None:
        """Cut the line below the library: its own `stop` waits for a thread that waits for the server."""
        line = self._line.transport.socket
        if line is not None and line.sock is not None:
            with contextlib.suppress(OSError):  # it is gone already
                line.sock.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        if hasattr(self, "_line"):
            self._line.transport.running = False
            self._drop()
