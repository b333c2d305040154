"""An ASGI application without a database, for tests of the worker around it.

HTTP: `/started` answers how many WebSocket applications were started, anything else 300 kB. WebSocket: accepts after
`?accept_after=` seconds and takes frames until the end; `?lingers` does not end then.
"""

import asyncio
from typing import Any
from urllib.parse import parse_qs

PAGE = b"x" * 300_000
_started = 0


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _websocket(scope, receive, send)
        return
    body = str(_started).encode() if scope["path"] == "/started" else PAGE
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _websocket(scope: Any, receive: Any, send: Any) -> None:
    global _started
    _started += 1
    options = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
    await receive()
    await asyncio.sleep(float(options.get("accept_after", ["0"])[0]))
    await send({"type": "websocket.accept"})
    while (await receive())["type"] == "websocket.receive":
        pass
    if "lingers" in options:
        await asyncio.sleep(60)
