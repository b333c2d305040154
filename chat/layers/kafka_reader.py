"""Reading a whole topic without a consumer group: every process gets every record, in the order of its partition.

Each process assigns all partitions to itself and seeks; nothing is committed and nothing is left on the broker when a
process dies. The positions live here, so that they outlast the consumer object too. The pattern is that of Kafka
Connect's KafkaBasedLog.
"""

import asyncio
import logging
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, OffsetOutOfRangeError

from chat.layers.kafka_options import KafkaOptions
from chat.layers.kafka_topic import unavailable
from chat.layers.stopping import stopped_within

logger = logging.getLogger(__name__)

_BATCH = 500  # records handled before the loop gets its turn
_BACK_OFF = 0.5  # seconds before a failed consumer is replaced


class KafkaReader:
    """Hands every record's key and value to `on_record`; a sentence to `on_gap` when records were deleted unread."""

    def __init__(
        self, options: KafkaOptions, on_record: Callable[[bytes, bytes], None], on_gap: Callable[[str], None]
    ) -> None:
        self._options, self._on_record, self._on_gap = options, on_record, on_gap
        self._partitions = [TopicPartition(options.topic, n) for n in range(options.partitions)]
        self._positions: dict[TopicPartition, int] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns once the end positions are captured: what is sent from now on arrives. Else KafkaUnavailable."""
        try:
            async with asyncio.timeout(self._options.start_timeout):
                consumer = await self._connect()
                while len(self._positions) < len(self._partitions):
                    await self._capture_ends(consumer)
        except (TimeoutError, KafkaError) as error:
            await self.close()
            raise unavailable(self._options) from error
        self._seek(consumer)
        self._task = asyncio.create_task(self._read_forever(), name="kafka layer: reader")

    async def _connect(self) -> AIOKafkaConsumer:
        self._consumer = AIOKafkaConsumer(
            **self._options.client(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",  # a position that retention has deleted is said, not jumped over
            fetch_max_wait_ms=500,
            max_partition_fetch_bytes=max(1 << 20, self._options.max_message + 4096),
        )
        await self._consumer.start()
        return self._consumer

    async def _capture_ends(self, consumer: AIOKafkaConsumer) -> None:
        """A partition without a leader (a broker is just ending) is asked for again."""
        try:
            self._positions.update(await consumer.end_offsets(self._partitions))
        except KafkaConnectionError:
            raise
        except KafkaError as error:
            logger.info("the ends of the partitions are not known yet: %r", error)
            await asyncio.sleep(0.1)

    def _seek(self, consumer: AIOKafkaConsumer) -> None:
        consumer.assign(self._partitions)
        for partition, position in self._positions.items():
            consumer.seek(partition, position)

    # --- reading ------------------------------------------------------------------------------------------------

    async def _read_forever(self) -> None:
        while True:
            try:
                await self._read_some()
            except OffsetOutOfRangeError as error:
                await self._step_over(error.args[0])
            except Exception as error:  # whatever breaks a consumer: a new one goes on from our positions
                logger.warning("Kafka's consumer is replaced: %r", error)
                await self._reconnect()

    async def _read_some(self) -> None:
        assert self._consumer is not None  # noqa: S101 (start() has set it)
        batches = await self._consumer.getmany(timeout_ms=1000, max_records=_BATCH)
        for partition, records in batches.items():
            for record in records:
                if record.offset < self._positions[partition]:
                    continue  # a broker may answer with the batch that the position lies in
                self._positions[partition] = record.offset + 1
                self._take(record.key, record.value)
        await asyncio.sleep(0)

    def _take(self, key: bytes | None, value: bytes | None) -> None:
        if key is None or value is None:
            logger.warning("ignored a record of another program in Kafka's topic %s", self._options.topic)
            return
        self._on_record(key, value)

    async def _step_over(self, places: dict[TopicPartition, int]) -> None:
        """Go on at the first record that is left, and say how many were lost."""
        assert self._consumer is not None  # noqa: S101 (start() has set it)
        try:
            first = await self._consumer.beginning_offsets(list(places))
        except KafkaError as error:
            logger.info("the beginnings of the partitions are not known yet: %r", error)
            await asyncio.sleep(0.1)
            first = {}
        for partition, position in places.items():
            start = first.get(partition, position)
            if start != position:
                what = (
                    f"{start - position} records"
                    if start > position
                    else "records of a topic that was made anew"
                )
                self._on_gap(
                    f"Kafka deleted {what} of {self._options.topic}/{partition.partition} before we read them"
                )
            self._positions[partition] = start
            self._consumer.seek(partition, start)

    async def _reconnect(self) -> None:
        await self._drop_consumer()
        while True:
            await asyncio.sleep(_BACK_OFF)
            try:
                async with asyncio.timeout(self._options.start_timeout):
                    self._seek(await self._connect())
                return
            except (TimeoutError, KafkaError, OSError) as error:
                logger.info("Kafka is still away: %r", error)
                await self._drop_consumer()

    # --- the end ------------------------------------------------------------------------------------------------

    async def _drop_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is None:
            return
        if not await stopped_within(self._options.close_timeout, consumer.stop(), "Kafka's consumer"):
            # Its connections would go on being renewed; it has no public way to close them alone.
            await stopped_within(1, consumer._client.close(), "Kafka's connections")

    async def close(self) -> None:
        """Stop reading, within close_timeout."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._drop_consumer()
