"""P4: whatever the bus does, every subscriber ends with the timeline's state, each entry once and in order."""

import asyncio
import random

import pytest

from tests.live.servers import Cast, Workers
from tests.live.trouble import converge, talk, talk_through
from tests.live.wsclient import WsClient

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


async def test_a_bus_that_drops_repeats_and_shuffles_changes_nothing(
    faulty_workers: Workers, cast: Cast
) -> None:
    room, dice = cast.room.public_id, random.Random(7)
    host = WsClient(faulty_workers.first.port, cast.sessions["짱구"])
    member = WsClient(faulty_workers.second.port, cast.sessions["맹구"])
    watcher = WsClient(faulty_workers.second.port, cast.sessions["짱구"])
    async with host, member, watcher:
        for client in (host, member, watcher):
            await client.join(room)
        await asyncio.gather(talk(host, room, "h", 150, dice), talk(member, room, "m", 150, dice))
        await converge([host, member, watcher], cast, within=10)
    for number in (1, 2):
        log = (faulty_workers.logs / f"worker{number}.log").read_text()
        assert log.count("dropped an event") > 20, "the bus was as bad as this test claims"


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
async def test_twenty_seconds_without_the_bus_delay_by_seconds_and_lose_nothing(
    workers: Workers, cast: Cast, fault: str
) -> None:
    room = cast.room.public_id
    host = WsClient(workers.first.port, cast.sessions["짱구"])
    member = WsClient(workers.second.port, cast.sessions["맹구"])

    async def outage() -> None:
        await asyncio.to_thread(workers.bus.kill if fault == "stopped" else workers.bus.freeze)
        try:
            await asyncio.sleep(20)  # how long it lasts
        finally:
            await asyncio.to_thread(workers.bus.start if fault == "stopped" else workers.bus.thaw)

    async with host, member:
        for client in (host, member):
            await client.join(room)
        await host.say(room, "before", "버스가 있을 때")
        seen = await talk_through(host, member, room, asyncio.create_task(outage()))
        await host.say(room, "after", "버스가 돌아온 뒤")
        await converge([host, member], cast, within=10)
    assert seen.acked == seen.sent, "sends keep working"
    assert max(seen.late) < 5, f"late by {max(seen.late):.1f} s"
