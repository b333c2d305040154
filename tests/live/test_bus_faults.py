"""P4: whatever the bus does, every subscriber ends with the timeline's state, each entry once and in order."""

import asyncio
import random

import pytest

from tests.live.servers import Cast, Workers, in_thread
from tests.live.truth import timeline_state
from tests.live.wsclient import RoomFold, WsClient

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

WORDS = ["치킨", "피자", "마라탕", "떡볶이", "초밥"]


async def _talk(client: WsClient, room: str, name: str, count: int, dice: random.Random) -> None:
    """Texts, edits and deletions at a human pace squared; every one is awaited."""
    for n in range(count):
        seq = await client.say(room, f"{name}{n}", f"{name} {n} {dice.choice(WORDS)}")
        if dice.random() < 0.2:
            await client.send(type="edit", room=room, cid=f"{name}e{n}", seq=seq, body=f"{name} {n} 고침")
            await client.until(lambda n=n: f"{name}e{n}" in client.acks)
        if dice.random() < 0.1:
            await client.send(type="delete", room=room, cid=f"{name}d{n}", seq=seq)
            await client.until(lambda n=n: f"{name}d{n}" in client.acks)
        await asyncio.sleep(dice.uniform(0, 0.03))  # the spread of real typing, not a wait for something


async def _converge(clients: list[WsClient], cast: Cast, within: float) -> list[RoomFold]:
    """All clients reach the database's head; their folds."""
    truth = await in_thread(timeline_state, cast.room.pk)
    folds = [client.rooms[cast.room.public_id] for client in clients]
    for client, fold in zip(clients, folds, strict=True):
        await client.until(lambda f=fold: f.position == max(truth), wait=within)
    for fold in folds:
        assert not fold.breaches
        assert fold.state == truth
        assert len(fold.order) == len(set(fold.order)), "no entry twice"
    return folds


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
        await asyncio.gather(_talk(host, room, "h", 150, dice), _talk(member, room, "m", 150, dice))
        await _converge([host, member, watcher], cast, within=10)
    for number in (1, 2):
        log = (faulty_workers.logs / f"worker{number}.log").read_text()
        assert log.count("dropped an event") > 20, "the bus was as bad as this test claims"


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
async def test_twenty_seconds_without_the_bus_delay_by_seconds_and_lose_nothing(
    workers: Workers, cast: Cast, fault: str
) -> None:
    room, dice = cast.room.public_id, random.Random(11)
    host, member = (
        WsClient(port, cast.sessions[name])
        for port, name in zip(workers.ports, ("짱구", "맹구"), strict=True)
    )
    async with host, member:
        for client in (host, member):
            await client.join(room)
        await host.say(room, "before", "버스가 있을 때")
        workers.bus.kill() if fault == "stopped" else workers.bus.freeze()
        try:
            during = await _for_twenty_seconds(host, member, room, dice)
        finally:
            workers.bus.start() if fault == "stopped" else workers.bus.thaw()
        await host.say(room, "after", "버스가 돌아온 뒤")
        await _converge([host, member], cast, within=10)
        assert during["acked"] == during["sent"], "sends keep working"
        assert max(during["late"]) < 5, f"late by {max(during['late']):.1f} s"


async def _for_twenty_seconds(
    host: WsClient, member: WsClient, room: str, dice: random.Random
) -> dict[str, list[float]]:
    """One text every 100 ms or so; how late each reached the other worker."""
    loop = asyncio.get_running_loop()
    end, sent, late = loop.time() + 20, [], []
    fold = member.rooms[room]
    while loop.time() < end:
        started = loop.time()
        seq = await host.say(room, f"n{len(sent)}", dice.choice(WORDS))
        sent.append(float(seq))
        await member.until(lambda at=seq: (fold.position or 0) >= at, wait=10)
        late.append(loop.time() - started)
    return {"sent": sent, "acked": [float(host.acks[f"n{n}"]) for n in range(len(sent))], "late": late}
