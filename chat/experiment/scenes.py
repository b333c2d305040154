"""The scenes: the same messages to the same rooms, over Redis and Kafka used in different ways."""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from channels_redis.pubsub import RedisPubSubChannelLayer

from chat.experiment.crew import Crew, Member
from chat.layers.kafka import KafkaChannelLayer

SETTLE = 0.3  # seconds in which messages that nobody expects would still come


@dataclass(frozen=True)
class Plan:
    """What is sent, how, and how the timeline is read: recover(first missing number, how many) says how many it has."""

    redis: str
    kafka: str
    recover: Callable[[int, int], int]
    workers: int = 4
    messages: int = 120
    rooms: int = 6
    partitions: int = 8

    @property
    def letters(self) -> list[tuple[int, int]]:
        return [(n % self.rooms, n) for n in range(self.messages)]


@dataclass(frozen=True)
class Outcome:
    """What each worker received, of `sent`, and what there is to say about it."""

    title: str
    bus: str
    sent: int
    received: tuple[int, ...]
    recovered: tuple[int, ...]  # from the timeline, per worker
    rooms_in_order: int
    rooms: int
    groups_left: int  # consumer groups on the broker after the workers have died
    meaning: str
    good: bool


async def every_scene(plan: Plan) -> list[Outcome]:
    """All of them, one after the other."""
    return [
        await scene(plan) for scene in (redis_all, redis_late, shared_group, own_groups, groupless, unkeyed)
    ]


async def redis_all(plan: Plan) -> Outcome:
    async with Crew() as crew:
        await crew.add(plan.workers, kind="redis", redis=plan.redis, rooms=plan.rooms)
        await crew.all_ready()
        await _send_by(RedisPubSubChannelLayer(hosts=[plan.redis]), plan.letters)
        await crew.received(plan.messages * plan.workers)
        meaning = "pub/sub gives every message to every worker that is subscribed"
        return _outcome("Redis, all subscribed", "redis", plan, crew.members, meaning, good=True)


async def redis_late(plan: Plan) -> Outcome:
    """The last worker subscribes when half of the messages have gone."""
    half, layer = plan.messages // 2, RedisPubSubChannelLayer(hosts=[plan.redis])
    async with Crew() as crew:
        await crew.add(plan.workers - 1, kind="redis", redis=plan.redis, rooms=plan.rooms)
        await crew.all_ready()
        await _send_by(layer, plan.letters[:half])
        await crew.add(1, kind="redis", redis=plan.redis, rooms=plan.rooms)
        await crew.all_ready()
        await _send_by(layer, plan.letters[half:])
        await crew.received(plan.messages * plan.workers - half)
        have = {n for _, n in crew.members[-1].received}
        missing = [n for n in range(plan.messages) if n not in have]
        read = await asyncio.to_thread(plan.recover, missing[0], len(missing)) if missing else 0
        meaning = "what was sent before is lost to it: pub/sub keeps nothing. Our timeline has it, by number"
        recovered = (0,) * (plan.workers - 1) + (read,)
        return _outcome(
            "Redis, one late", "redis", plan, crew.members, meaning, good=False, recovered=recovered
        )


async def shared_group(plan: Plan) -> Outcome:
    meaning = "the write-up's trap: the group divides the partitions, each message reaches one worker"
    return await _grouped(plan, "Kafka, one shared group", "chat", meaning, shared=True)


async def own_groups(plan: Plan) -> Outcome:
    meaning = "the write-up's cure: it works, and every worker that dies leaves its group on the broker"
    return await _grouped(plan, "Kafka, a group per worker", "chat-{worker}", meaning, shared=False)


async def _grouped(plan: Plan, title: str, group: str, meaning: str, *, shared: bool) -> Outcome:
    topic = await _topic(plan)
    before = await _groups(plan.kafka)
    async with Crew() as crew:
        unique = f"{topic}-{group}"
        await crew.add(plan.workers, kind="consumer", kafka=plan.kafka, topic=topic, group=unique)
        await (crew.all_assigned if shared else crew.each_assigned)(plan.partitions)
        await _send_keyed(plan, topic)
        await crew.received(plan.messages * (1 if shared else plan.workers))
        await asyncio.sleep(SETTLE)
    left = len(await _groups(plan.kafka) - before)
    return _outcome(title, "kafka", plan, crew.members, meaning, good=not shared, groups_left=left)


async def groupless(plan: Plan) -> Outcome:
    topic, before = f"experiment-{secrets.token_hex(4)}", await _groups(plan.kafka)
    layer = KafkaChannelLayer([plan.kafka], topic=topic, partitions=plan.partitions)
    async with Crew() as crew:
        task = {"topic": topic, "partitions": plan.partitions, "rooms": plan.rooms}
        await crew.add(plan.workers, kind="kafka", kafka=plan.kafka, **task)
        await crew.all_ready()
        await _send_by(layer, plan.letters)
        await crew.received(plan.messages * plan.workers)
    left = len(await _groups(plan.kafka) - before)
    meaning = "as we run it: every worker reads every partition from its own position; nothing is left behind"
    return _outcome(
        "Kafka, no group (ours)", "kafka", plan, crew.members, meaning, good=True, groups_left=left
    )


async def unkeyed(plan: Plan) -> Outcome:
    """Records spread over the partitions without a key, written before anybody reads: what order is left?"""
    topic = await _topic(plan)
    await _send_keyed(plan, topic, keyed=False)
    async with Crew() as crew:
        task = {"topic": topic, "partitions": plan.partitions}
        await crew.add(plan.workers, kind="consumer", kafka=plan.kafka, **task)
        await crew.received(plan.messages * plan.workers)
    meaning = "order holds within a partition only: without the room as key its messages overtake each other"
    return _outcome("Kafka, no key", "kafka", plan, crew.members, meaning, good=False)


# --- the parts ----------------------------------------------------------------------------------------------------


def _outcome(
    title: str,
    bus: str,
    plan: Plan,
    members: Sequence[Member],
    meaning: str,
    *,
    good: bool,
    recovered: tuple[int, ...] = (),
    groups_left: int = 0,
) -> Outcome:
    received = tuple(len(member.received) for member in members)
    in_order = sum(all(_in_order(member, room) for member in members) for room in range(plan.rooms))
    recovered = recovered or (0,) * len(members)
    return Outcome(
        title, bus, plan.messages, received, recovered, in_order, plan.rooms, groups_left, meaning, good
    )


def _in_order(member: Member, room: int) -> bool:
    numbers = [n for r, n in member.received if r == room]
    return numbers == sorted(numbers)


async def _send_by(layer: Any, letters: Sequence[tuple[int, int]]) -> None:
    for room, n in letters:
        await layer.group_send(f"room.{room}", {"type": "experiment", "room": room, "n": n})
    await layer.flush()


async def _topic(plan: Plan) -> str:
    name = f"experiment-{secrets.token_hex(4)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=plan.kafka)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(name, plan.partitions, 1, topic_configs={"retention.ms": "600000"})]
        )
    finally:
        await admin.close()
    return name


async def _groups(kafka: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return {name for name, _ in await admin.list_consumer_groups()}
    finally:
        await admin.close()


async def _send_keyed(plan: Plan, topic: str, *, keyed: bool = True) -> None:
    async with AIOKafkaProducer(bootstrap_servers=plan.kafka, enable_idempotence=True) as producer:
        for room, n in plan.letters:
            place = room if keyed else n // plan.rooms
            value = json.dumps({"room": room, "n": n}).encode()
            await producer.send_and_wait(topic, value, partition=place % plan.partitions)
