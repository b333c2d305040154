"""One worker of the experiment, a process of its own: `python -m chat.experiment.worker '{"kind": …}'`.

It says {"ready": true} or {"assigned": n} when it listens, then {"room": r, "n": n} for every message, one JSON object
per line on standard output, and ends when its standard input closes.
"""

import asyncio
import json
import sys
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from channels_redis.pubsub import RedisPubSubChannelLayer

from chat.layers.kafka import KafkaChannelLayer


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


async def layer(task: dict[str, Any]) -> None:
    """Through a channel layer, in the groups of all rooms."""
    made = (
        RedisPubSubChannelLayer(hosts=[task["redis"]])
        if task["kind"] == "redis"
        else KafkaChannelLayer(
            [task["kafka"]], topic=task["topic"], partitions=task["partitions"], capacity=10_000
        )
    )
    channel = await made.new_channel()
    for room in range(task["rooms"]):
        await made.group_add(f"room.{room}", channel)
    if (
        task["kind"] == "redis"
    ):  # its subscriptions are confirmed later: one message to ourselves comes after them
        await made.send(channel, {"type": "ready"})
        await made.receive(channel)
    say(ready=True)
    while True:
        message = await made.receive(channel)
        say(room=message["room"], n=message["n"])


class Assigned(ConsumerRebalanceListener):
    """Says how many partitions are ours whenever that changes."""

    def on_partitions_revoked(self, revoked: Any) -> None:
        pass

    def on_partitions_assigned(self, assigned: Any) -> None:
        say(assigned=len(assigned))


async def consumer(task: dict[str, Any]) -> None:
    """Through a Kafka consumer, in a consumer group or, without one, of all partitions."""
    made = AIOKafkaConsumer(
        bootstrap_servers=task["kafka"],
        group_id=task["group"],
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await made.start()
    if task["group"]:
        made.subscribe([task["topic"]], listener=Assigned())
    else:
        made.assign([TopicPartition(task["topic"], n) for n in range(task["partitions"])])
        say(ready=True)
    async for record in made:
        message = json.loads(record.value)
        say(room=message["room"], n=message["n"])


async def main(task: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    closed = loop.run_in_executor(None, sys.stdin.read)
    work = asyncio.ensure_future((consumer if task["kind"] == "consumer" else layer)(task))
    await asyncio.wait([closed, work], return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
    work.cancel()  # as a worker that dies: without a goodbye to anybody


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
