"""How an outage of the bus shows: one log line when it begins and one when it ends, a counter, a mark."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from tests.live.servers import Cast, Workers, in_thread, sign_in, start_workers, stop_workers
from tests.live.stompclient import StompClient
from tests.live.wsclient import WsClient

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

TOKEN = "a-token-for-tests"


@pytest.fixture
def watched(tmp_path: Any, django_db_blocker: Any, transactional_db: None) -> Iterator[Workers]:
    running = start_workers(tmp_path, METRICS_TOKEN=TOKEN)
    yield running
    stop_workers(running)


def _get(port: int, path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def _metrics(port: int) -> dict[str, float]:
    status, text = _get(port, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def _until(port: int, name: str, value: float) -> dict[str, float]:
    async with asyncio.timeout(30):
        while (found := await asyncio.to_thread(_metrics, port)).get(name) != value:  # noqa: ASYNC110  (a scrape is all that tells)
            await asyncio.sleep(0.1)
    return found


async def test_an_outage_is_counted_marked_and_logged_once(watched: Workers, cast: Cast) -> None:
    operator = await in_thread(User.objects.create_superuser, "운영자", password="secret-enough")
    cookie = f"sessionid={await in_thread(sign_in, operator)}"
    port, room = watched.first.port, cast.room.public_id

    async def page() -> str:
        status, html = await asyncio.to_thread(_get, port, "/admin/health/", Cookie=cookie)
        assert status == 200
        return html

    assert "아직 이 워커에" in await page()
    async with WsClient(port, cast.sessions["짱구"]) as host:
        await host.join(room)
        before = await _until(port, "rualone_bus_up", 1)
        assert (before["rualone_connections"], before["rualone_bus_outages_total"]) == (1, 0)
        assert 'class="success"' in await page()
        watched.bus.kill()
        for n in range(3):
            await host.say(room, f"n{n}", "버스가 없어도")
        await _until(port, "rualone_bus_up", 0)
        await host.say(room, "n3", "보낼 수 있어요")
        assert 'class="error"' in await page()
        watched.bus.start()
        after = await _until(port, "rualone_bus_up", 1)
        assert after["rualone_bus_outages_total"] == 1
        assert after["rualone_bus_dropped_total"] > 0
        assert 'class="warning"' in await page()
        assert not host.errors()
    log = watched.first.log.read_text()
    assert (log.count("the bus is down"), log.count("the bus is up")) == (1, 1)
    assert "Traceback" not in log


def test_the_counters_are_for_who_has_the_token_and_the_page_for_operators(
    watched: Workers, cast: Cast
) -> None:
    port = watched.first.port
    assert _get(port, "/metrics")[0] == 401
    assert _get(port, "/metrics", Authorization="Bearer wrong")[0] == 401
    member = f"sessionid={cast.sessions['맹구']}"
    assert "rualone" not in _get(port, "/admin/health/", Cookie=member)[1]
    assert 'name="password"' in _get(port, "/admin/health/", Cookie=member)[1]


def test_without_a_token_there_are_no_counters(client: Any, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 404


async def test_stomp_clients_are_counted_with_what_they_were_refused(watched: Workers, cast: Cast) -> None:
    port, room = watched.first.port, cast.room.public_id
    async with StompClient(port, cookie=cast.sessions["짱구"]) as client:
        await client.subscribe(f"/sub/chat/room/{room}")
        await client.send("NACK", id=f"{room}/1")
        await client.raw("NONSENSE\n\n\0")
        await client.ends("UNKNOWN_COMMAND", 4400)
    found = await _until(port, "rualone_stomp_connected_total", 1)
    assert found["rualone_stomp_nacks_total"] == 1
    assert found['rualone_stomp_errors_total{code="UNKNOWN_COMMAND"}'] == 1
