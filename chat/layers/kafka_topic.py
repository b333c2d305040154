"""The one topic of a Kafka layer: made with the partitions that were asked for, or found to have them."""

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from chat.layers.kafka_options import KafkaOptions

logger = logging.getLogger(__name__)


class TopicMismatch(Exception):
    """The topic exists with another number of partitions. All processes must agree, or groups change partitions."""


class KafkaUnavailable(ConnectionError):
    """No broker answered within the time allowed."""


async def ensure_topic(options: KafkaOptions) -> None:
    """Create the topic if it is not there; TopicMismatch, or KafkaUnavailable when no broker answers."""
    try:
        async with asyncio.timeout(options.start_timeout):
            await _ensure(options)
    except (TimeoutError, KafkaConnectionError) as error:
        raise unavailable(options) from error


def unavailable(options: KafkaOptions) -> KafkaUnavailable:
    """With a sentence that names the brokers."""
    return KafkaUnavailable(f"No Kafka broker answered at {', '.join(options.hosts)}.")


async def _ensure(options: KafkaOptions) -> None:
    admin = AIOKafkaAdminClient(**options.client())
    try:
        await admin.start()
        # Asking for one topic by name makes it, with one partition, where brokers create topics by themselves.
        if options.topic not in await admin.list_topics():
            await _create(admin, options)
        found = await _partitions(admin, options.topic)
        while found is None:  # created, and not yet known to the broker that we ask
            await asyncio.sleep(0.05)
            found = await _partitions(admin, options.topic)
    finally:
        await admin.close()
    if found != options.partitions:
        raise TopicMismatch(
            f"Kafka's topic {options.topic!r} has {found} partitions and this layer is set to {options.partitions}: "
            f"set partitions={found}, or choose another topic. (Every process must use the same number.)"
        )


async def _partitions(admin: AIOKafkaAdminClient, topic: str) -> int | None:
    """How many partitions the topic has, each with a leader; None while there is no such topic."""
    (described,) = await admin.describe_topics([topic])
    error = for_code(described["error_code"])
    if error is UnknownTopicOrPartitionError:
        return None
    if described["error_code"]:
        raise error(f"Kafka's topic {topic!r} cannot be described.")
    return len(described["partitions"])


async def _create(admin: AIOKafkaAdminClient, options: KafkaOptions) -> None:
    copies = options.replication or min(3, len((await admin.describe_cluster())["brokers"]))
    topic = NewTopic(options.topic, options.partitions, copies, topic_configs=dict(options.topic_settings()))
    response = await admin.create_topics([topic], timeout_ms=int(options.start_timeout * 1000))
    for name, code, *words in response.topic_errors:
        error = for_code(code)
        if error is TopicAlreadyExistsError:  # another process was first
            return
        if code:
            detail = next(filter(None, words), "") or error.__name__
            raise KafkaError(f"Kafka's topic {name!r} could not be created ({detail}); create it by hand.")
    logger.info("created Kafka's topic %s with %d partitions", options.topic, options.partitions)
