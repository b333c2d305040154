"""Talking while the bus is in trouble, and what must be true afterwards (P4)."""

import asyncio
import random
from dataclasses import dataclass, field

from tests.live.servers import Cast, in_thread
from tests.live.truth import timeline_state
from tests.live.wsclient import RoomFold, WsClient

WORDS = ["치킨", "피자", "마라탕", "떡볶이", "초밥"]


async def talk(client: WsClient, room: str, name: str, count: int, dice: random.Random) -> None:
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


async def converge(clients: list[WsClient], cast: Cast, within: float) -> list[RoomFold]:
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


@dataclass
class Seen:
    """What was sent during an outage, what was acknowledged, and how late it reached the other worker."""

    sent: list[int] = field(default_factory=list)
    acked: list[int] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


async def talk_through(host: WsClient, member: WsClient, room: str, outage: asyncio.Task[None]) -> Seen:
    """One text after the other until the outage is over, each awaited at the other worker."""
    loop, seen, dice = asyncio.get_running_loop(), Seen(), random.Random(11)
    fold = member.rooms[room]
    while not outage.done():
        started = loop.time()
        seq = await host.say(room, f"n{len(seen.sent)}", dice.choice(WORDS))
        seen.sent.append(seq)
        await member.until(lambda at=seq: (fold.position or 0) >= at, wait=10)
        seen.late.append(loop.time() - started)
    await outage
    seen.acked = [host.acks[f"n{n}"] for n in range(len(seen.sent))]
    return seen
