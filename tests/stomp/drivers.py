"""Real STOMP clients behind one face: commands go in, what happens comes back as events."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from playwright.async_api import BrowserContext, Page, Route

from deploy.test import node

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
WAIT = 30.0
ORIGIN_PAGE = (
    "/robots.txt"  # the worker's own answer: to a made-up one Chromium allows no socket on this machine
)
PAGE = "<!doctype html><title>harness</title>" + "".join(
    f'<script src="/stomp-files/{name}"></script>'
    for name in ("stompjs7.js", "stompjs2.js", "sockjs.js", "driver.js", "harness.js")
)
SCRIPTS = {
    "stompjs7.js": MODULES / "@stomp/stompjs/bundles/stomp.umd.js",
    "stompjs2.js": MODULES / "stompjs/lib/stomp.js",
    "sockjs.js": MODULES / "sockjs-client/dist/sockjs.js",
    "driver.js": HERE / "driver.js",
    "harness.js": HERE / "harness.js",
}

Event = dict[str, Any]
Beats = tuple[int, int]


class Driver(ABC):
    """One connection of one client. `binary`: its library can send and read bodies that are no text."""

    binary: ClassVar[bool] = True

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._loop = asyncio.get_running_loop()

    async def happened(self, event: Event) -> None:
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    @abstractmethod
    async def do(self, name: str, **given: Any) -> None:
        """Give the client a command; what comes of it is an event."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything the client holds."""

    @abstractmethod
    async def connect(
        self, port: int, *, cookie: str = "", token: str = "", beats: Beats = (0, 0), binary: bool = False
    ) -> None:
        """Ask for a session; `beats`: milliseconds it can send and wants, as in the heart-beat header; `binary`: bodies
        that are no text will come, for a library that must be told."""

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what has happened fulfils the condition; AssertionError with the last of it otherwise."""
        try:
            async with asyncio.timeout(WAIT), self._news:
                await self._news.wait_for(lambda: condition() or bool(self.of("failed")))
        except TimeoutError:
            raise AssertionError(f"not within {WAIT} s; last: {self.events[-6:]}") from None
        assert not self.of("failed"), self.of("failed")

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["event"] == kind]

    async def connected(self, port: int, **how: Any) -> Event:
        """Connect and wait for CONNECTED."""
        before = len(self.of("connected"))
        await self.connect(port, **how)
        await self.until(lambda: len(self.of("connected")) > before or bool(self.of("error")))
        assert not self.of("error"), self.of("error")
        return self.of("connected")[-1]

    async def subscribe(self, destination: str, **headers: str) -> None:
        """Subscribe and wait until it stands."""
        headers = {"id": "s1", "receipt": f"r-{destination}-{len(self.events)}", **headers}
        await self.do("subscribe", destination=destination, headers=headers)
        await self.receipt(headers["receipt"])

    async def say(self, destination: str, body: str, receipt: str, **headers: str) -> None:
        """Send a text and wait until it has committed."""
        await self.do("send", destination=destination, headers={"receipt": receipt, **headers}, body=body)
        await self.receipt(receipt)

    async def receipt(self, name: str) -> None:
        await self.until(lambda: name in [event["id"] for event in self.of("receipt")] or self._refused())
        assert not self._refused(), self.of("error")

    def _refused(self) -> bool:
        return bool(self.of("error"))

    def bodies(self) -> list[str]:
        return [event["body"] for event in self.of("message")]

    def texts(self) -> list[str]:
        """The texts of the write-up's TALK messages, in order."""
        said = [json.loads(body) for body in self.bodies()]
        return [each["message"] for each in said if each["type"] == "TALK"]


class JsDriver(Driver):
    """driver.js in node or in a browser."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.binary = kind == "stompjs7"  # type: ignore[misc]  # the older library knows strings only

    async def connect(
        self, port: int, *, cookie: str = "", token: str = "", beats: Beats = (0, 0), binary: bool = False
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        handshake = {"Origin": f"http://127.0.0.1:{port}"}
        if cookie:
            handshake["Cookie"] = f"sessionid={cookie}"
            await self.keep_cookie(port, cookie)
        scheme = "http" if self.kind == "sockjs" else "ws"
        url = f"{scheme}://127.0.0.1:{port}/ws-stomp"
        how = {"kind": self.kind, "url": url, "headers": headers, "handshake": handshake, "beats": beats}
        await self.do("connect", **how)

    async def keep_cookie(self, port: int, cookie: str) -> None:
        """Where it is not given with the handshake."""


class NodeDriver(JsDriver):
    """A node process of its own."""

    async def start(self) -> "NodeDriver":
        self._process = await asyncio.create_subprocess_exec(
            node(), str(HERE / "node_driver.cjs"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            limit=2**23,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            await self.happened(json.loads(line))

    async def do(self, name: str, **given: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps([name, given]).encode() + b"\n")
        await self._process.stdin.drain()

    async def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()
        await self._reader


class BrowserDriver(JsDriver):
    """A page of the worker's own origin; the wire is what the browser itself says it is."""

    async def start(self, context: BrowserContext, port: int) -> "BrowserDriver":
        self._context = context
        self._notes: list[asyncio.Future[None]] = []
        self._page: Page = await context.new_page()
        await self._page.expose_function("report", self._report)
        self._page.on("websocket", self._watch)
        await show(self._page, port, PAGE, SCRIPTS)
        return self

    async def _report(self, event: Event) -> None:
        if event["event"] != "wire":  # below, framing and all
            await self.happened(event)

    def _watch(self, line: Any) -> None:
        def note(way: str, payload: str | bytes) -> None:
            data = payload if isinstance(payload, str) else payload.decode(errors="replace")
            self._notes.append(
                asyncio.ensure_future(self.happened({"event": "wire", "way": way, "data": data}))
            )

        line.on("framesent", lambda payload: note("C", payload))
        line.on("framereceived", lambda payload: note("S", payload))

    async def keep_cookie(self, port: int, cookie: str) -> None:
        await self._context.add_cookies(
            [{"name": "sessionid", "value": cookie, "url": f"http://127.0.0.1:{port}"}]
        )

    async def do(self, name: str, **given: Any) -> None:
        await self._page.evaluate("([name, given]) => { driver[name](given) }", [name, given])

    async def close(self) -> None:
        await self._context.close()


async def show(page: Page, port: int, html: str, files: Mapping[str, Path]) -> None:
    """A page of the worker's own origin and policy that is not the worker's; its scripts are below /stomp-files/."""

    async def serve(route: Route) -> None:
        path = files[route.request.url.rpartition("/")[2]]
        await route.fulfill(path=path, content_type="text/javascript; charset=utf-8")

    await page.route("**/stomp-files/*", serve)
    await page.goto(f"http://127.0.0.1:{port}{ORIGIN_PAGE}")
    await page.set_content(html)
