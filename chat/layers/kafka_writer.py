"""Writing to the topic: one idempotent producer, replaced when it is broken for good."""

import asyncio
from collections.abc import Sequence
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from channels.exceptions import ChannelFull

from chat.layers.kafka_options import KafkaOptions
from chat.layers.kafka_topic import unavailable
from chat.layers.stopping import stopped_within

BACKLOG = 10_000  # records that wait for the brokers' answer, in all calls together
Record = tuple[bytes, bytes]  # key, value


class KafkaWriter:
    """Keeps the order of records with one key, also across retries; the broker stores a retried record once."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._producer: AIOKafkaProducer | None = None
        self._starting: asyncio.Lock = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._waiting = 0

    async def write(self, records: Sequence[Record]) -> None:
        """All of them in as few round trips as there are brokers; returns when they are acknowledged.

        ChannelFull when too many wait already. TimeoutError after send_timeout: whether they will arrive is then not
        known; what the producer holds (bounded by 64 kB per partition) goes out when the brokers answer again.
        """
        if self._waiting + len(records) > BACKLOG:
            raise ChannelFull(f"{self._waiting} messages wait for Kafka's answer already.")
        self._waiting += len(records)
        try:
            async with asyncio.timeout(self._options.send_timeout):
                await self._write(records)
        except TimeoutError as error:
            raise TimeoutError(f"Kafka did not answer within {self._options.send_timeout:g} s.") from error
        finally:
            self._waiting -= len(records)

    async def _write(self, records: Sequence[Record]) -> None:
        producer = await self._ready()
        try:
            answers = [
                await producer.send(
                    self._options.topic, value, key=key, partition=crc32(key) % self._options.partitions
                )
                for key, value in records
            ]
            await asyncio.gather(*answers)
        except KafkaError:
            self._discard(producer)
            raise

    async def _ready(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await self._start()
            return self._producer

    async def _start(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._options.client(),
            acks=self._options.acks,
            enable_idempotence=self._options.acks == "all",
            linger_ms=int(self._options.linger * 1000),
            max_batch_size=65_536,
            max_request_size=self._options.max_message + 4096,
        )
        try:
            await producer.start()
        except BaseException as error:
            self._stop_soon(producer)
            if isinstance(error, KafkaError):
                raise unavailable(self._options) from error
            raise
        return producer

    # --- the end ------------------------------------------------------------------------------------------------

    def _discard(self, producer: AIOKafkaProducer) -> None:
        """After an error that is not a time-out the next call gets a new producer, with a new idempotent identity."""
        if self._producer is producer:
            self._producer = None
            self._stop_soon(producer)

    def _stop_soon(self, producer: AIOKafkaProducer) -> None:
        task = asyncio.create_task(self._stop(producer), name="kafka layer: closing a producer")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _stop(self, producer: AIOKafkaProducer) -> None:
        """What it still holds when the brokers do not answer was reported as a time-out."""
        if not await stopped_within(self._options.close_timeout, producer.stop(), "Kafka's producer"):
            await stopped_within(1, producer.client.close(), "Kafka's connections")

    async def close(self) -> None:
        """Send what waits and close, within close_timeout and a little."""
        if self._producer is not None:
            self._discard(self._producer)
        if self._closing:
            await asyncio.wait(self._closing)
