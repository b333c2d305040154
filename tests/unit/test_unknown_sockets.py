"""A WebSocket to an address that is none is turned away in one line of the protocol, not with a stack in the log."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import application


@pytest.mark.parametrize("path", ["/", "/nope", "/ws/", "/ws-stomp/a/b/xhr", "/admin/%00"])
def test_a_socket_to_nowhere_is_refused(path: str) -> None:
    async def connect() -> tuple[bool, int | str | None]:
        return await WebsocketCommunicator(application, path).connect()

    accepted, _code = asyncio.run(connect())
    assert not accepted
