"""What only Kafka can do wrong: a broker of three killed, records deleted unread, topics that do not fit."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition

from chat.layers.kafka import KafkaChannelLayer, KafkaUnavailable, TopicMismatch, WrongOption
from deploy.services import KafkaCluster, free_port
from tests.contract.beds import Bed, KafkaGroupless
from tests.contract.traffic import Figures, Traffic

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]


@pytest.fixture
def kafka(beds: Callable[[type[Bed]], Bed]) -> KafkaGroupless:
    bed = beds(KafkaGroupless)
    assert isinstance(bed, KafkaGroupless)
    return bed


@pytest.fixture
async def make(kafka: KafkaGroupless) -> AsyncIterator[Callable[..., Any]]:
    made = []

    def build(**config: Any) -> Any:
        made.append(kafka.layer(**config))
        return made[-1]

    yield build
    for layer in made:
        await layer.flush()


@pytest.mark.faults
async def test_one_broker_of_three_killed_loses_and_repeats_nothing(
    tmp_path: Path, report: Callable[[Figures], None]
) -> None:
    with KafkaCluster(tmp_path, 3) as cluster:
        options = {"topic": "three", "partitions": 12, "request_timeout": 2}
        sender, receiver = (KafkaChannelLayer(cluster.bootstrap.split(","), **options) for _ in range(2))
        groups = [f"g.{n}" for n in range(12)]  # so that some lie on the broker that dies
        channel = await receiver.new_channel()
        for group in groups:
            await receiver.group_add(group, channel)
        traffic = Traffic(_AllGroups(sender, groups), receiver, channel, "all", places=len(groups))
        traffic.start()
        assert await traffic.flowing_since(time.monotonic(), within=20) is not None
        died = time.monotonic()
        await asyncio.to_thread(cluster.brokers[0].kill)
        recovered = await traffic.flowing_since(died, within=30)
        await traffic.finish()
        figures = traffic.figures("kafka", "one of three brokers killed", recovered)
        report(figures)
        await asyncio.gather(sender.flush(), receiver.flush())
    assert recovered is not None
    assert figures.lost == figures.repeated == figures.out_of_order == 0, figures


class _AllGroups:
    """A layer whose group_send goes to each of its groups in turn: the numbers spread over all partitions."""

    def __init__(self, layer: Any, groups: list[str]) -> None:
        self._layer, self._groups = layer, groups

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._layer.group_send(self._groups[message["n"] % len(self._groups)], message)


async def test_records_deleted_before_they_were_read_are_said_and_reading_goes_on(
    kafka: KafkaGroupless, make: Callable[..., Any]
) -> None:
    options = {"topic": "gaps", "partitions": 1}
    sender, receiver = make(**options), make(proxied=True, **options)
    said: asyncio.Queue[str] = asyncio.Queue()
    receiver.on_gap = said.put_nowait
    channel = await receiver.new_channel()
    await receiver.group_add("g", channel)
    await asyncio.to_thread(kafka.begin, "black-holed")
    try:
        for n in range(5):
            await sender.group_send("g", {"type": "deleted", "n": n})
        await _delete_all(kafka, "gaps")
    finally:
        await asyncio.to_thread(kafka.end, "black-holed")
    sentence = await asyncio.wait_for(said.get(), 20)
    assert sentence == "Kafka deleted 5 records of gaps/0 before we read them"
    await sender.group_send("g", {"type": "after"})
    assert await asyncio.wait_for(receiver.receive(channel), 20) == {"type": "after"}


async def _delete_all(kafka: KafkaGroupless, topic: str) -> None:
    """As retention does, at once."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=-1)})
    finally:
        await admin.close()


async def test_a_topic_with_another_number_of_partitions_is_refused_with_both_numbers(
    kafka: KafkaGroupless, make: Callable[..., Any]
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("five", 5, 1)])
    finally:
        await admin.close()
    layer = make(topic="five", partitions=6)
    with pytest.raises(TopicMismatch, match="has 5 partitions and this layer is set to 6"):
        await layer.new_channel()
    with pytest.raises(TopicMismatch):
        await layer.group_send("g", {"type": "t"})


async def test_many_groups_go_in_one_round_trip_and_each_keeps_its_order(make: Callable[..., Any]) -> None:
    sender, receiver = make(), make(capacity=10_000)
    channel = await receiver.new_channel()
    groups = [f"batch.{n}" for n in range(50)]
    for group in groups:
        await receiver.group_add(group, channel)
    await sender.group_send_batch([(g, {"type": "t", "g": g, "n": n}) for n in range(20) for g in groups])
    got: dict[str, list[int]] = {group: [] for group in groups}
    async with asyncio.timeout(20):
        for _ in range(1_000):
            message = await receiver.receive(channel)
            got[message["g"]].append(message["n"])
    assert all(numbers == list(range(20)) for numbers in got.values())


async def test_no_broker_is_said_within_the_bound_with_its_address() -> None:
    port = free_port()
    layer = KafkaChannelLayer([f"127.0.0.1:{port}"], start_timeout=2)
    for attempt in (layer.new_channel(), layer.group_send("g", {"type": "t"})):
        with pytest.raises(KafkaUnavailable, match=f"No Kafka broker answered at 127.0.0.1:{port}"):
            await asyncio.wait_for(attempt, 10)
    await layer.flush()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hosts": "kafka:9092"}, "hosts must be a list"),
        ({"hosts": []}, "hosts must be a list"),
        ({"hosts": ["kafka"]}, "hosts must be a list"),
        ({"topic": "떡볶이"}, "topic must be"),
        ({"partitions": 0}, "partitions must be"),
        ({"acks": "some"}, "acks must be"),
        ({"linger": 5}, "linger must be"),
        ({"send_timeout": 0}, "send_timeout must be"),
        ({"mechanism": "GSSAPI"}, "mechanism must be"),
        ({"partition": 5}, "unexpected keyword"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongOption, match=words):
        KafkaChannelLayer(**{"hosts": ["kafka:9092"], **options})
