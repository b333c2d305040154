"""Two real workers with the STOMP endpoint open for topics, people with rooms and tokens, and clients of every kind."""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from accounts.access_tokens import create_token
from accounts.models import User
from chat.models import Installation
from deploy.services.clients import MODULES, missing
from rooms import actions
from rooms.models import Room
from tests.e2e.conftest import FLAGS
from tests.live.servers import EPOCH, Workers, sign_in, start_workers, stop_workers
from tests.stomp.drivers import BrowserDriver, Driver, NodeDriver
from tests.stomp.stomppy_driver import StompPyDriver

BEAT = 500  # milliseconds that the workers want between two heart-beats

# library, and where it runs
CLIENTS = {
    "stompjs-7-node": ("stompjs7", "node"),
    "stompjs-7-browser": ("stompjs7", "browser"),
    "stompjs-2.3.3-node": ("stompjs2", "node"),
    "stompjs-2.3.3-sockjs-1.1-node": ("sockjs", "node"),
    "stompjs-2.3.3-sockjs-1.1-browser": ("sockjs", "browser"),
    "stomp.py-9": ("stomp.py", "python"),
}
NewClient = Callable[..., Awaitable[Driver]]
Chromium = Callable[[], Awaitable[Browser]]


@dataclass
class People:
    """Two members of an open room and somebody outside, by session key and by token."""

    room: Room
    sessions: dict[str, str]
    tokens: dict[str, str]

    @property
    def destination(self) -> str:
        return f"/sub/chat/room/{self.room.public_id}"

    def talk(self, text: str) -> str:
        """The write-up's JSON; the sender's name is a lie that nobody believes."""
        return json.dumps(
            {"type": "TALK", "roomId": self.room.public_id, "sender": "대통령", "message": text}
        )


@pytest.fixture(scope="session")
def stomp_workers(tmp_path_factory: Any, django_db_setup: Any, django_db_blocker: Any) -> Iterator[Workers]:
    more = {"STOMP_TOPICS": "1", "STOMP_HEARTBEAT_MS": str(BEAT)}
    with django_db_blocker.unblock():
        running = start_workers(tmp_path_factory.mktemp("stomp"), **more)
    yield running
    stop_workers(running)


@pytest.fixture
def workers(stomp_workers: Workers) -> Iterator[Workers]:
    """One that a test killed is alive again for the next."""
    yield stomp_workers
    for worker in (stomp_workers.first, stomp_workers.second):
        if not worker.alive:
            worker.start()


@pytest.fixture
def people(transactional_db: Any) -> People:
    Installation.objects.update_or_create(pk=1, defaults={"epoch": EPOCH})
    everybody = {name: User.objects.create_user(name) for name in ("짱구", "철수", "맹구")}
    room = actions.create_room(user=everybody["짱구"], title="저녁", is_open=True)
    actions.join_open(user=everybody["철수"], room=room)
    tokens = {
        name: create_token(user=user, name="테스트", expires_in=None)[1] for name, user in everybody.items()
    }
    return People(room, {name: sign_in(user) for name, user in everybody.items()}, tokens)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    """`await chromium()`: one for all tests, started by the first that wants it."""
    started: list[Browser] = []
    async with AsyncExitStack() as stack:

        async def get() -> Browser:
            if not started:
                if not (path := os.environ.get("CHROMIUM")):
                    pytest.fail("This needs Chromium: run the tests by bin/test, which installs or finds it.")
                playwright = await stack.enter_async_context(async_playwright())
                started.append(await playwright.chromium.launch(executable_path=path, args=FLAGS))
                stack.push_async_callback(started[0].close)
            return started[0]

        yield get


@pytest_asyncio.fixture(loop_scope="session")
async def new_client(chromium: Chromium, workers: Workers) -> AsyncIterator[NewClient]:
    """`await new_client(name in CLIENTS, port of the page a browser opens)`."""
    made: list[Driver] = []

    async def new(name: str, port: int) -> Driver:
        kind, where = CLIENTS[name]
        if where != "python" and missing():
            pytest.fail(f"{MODULES} does not hold what its lock file says: run the tests by bin/test.")
        driver: Driver
        if where == "browser":
            driver = await BrowserDriver(kind).start(await (await chromium()).new_context(), port)
        elif where == "node":
            driver = await NodeDriver(kind).start()
        else:
            driver = StompPyDriver()
        made.append(driver)
        return driver

    yield new
    for driver in made:
        await driver.close()
