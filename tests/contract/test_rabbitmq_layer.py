"""What rabbitmq_link.py mends in channels_rabbitmq, each as it was seen to go wrong."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from chat.layers import rabbitmq_link
from chat.layers.rabbitmq import MESSAGE_MAX, RabbitmqChannelLayer
from chat.layers.rabbitmq_link import RabbitmqUnavailable
from deploy.services import free_port
from tests.contract.beds import Bed
from tests.contract.server_beds import RabbitmqQueues

pytestmark = [pytest.mark.broker, pytest.mark.faults]


@pytest.fixture(scope="module")
def bed(beds: Callable[[type[Bed]], Bed]) -> Bed:
    return beds(RabbitmqQueues)


@pytest.fixture
async def layer(bed: Bed) -> Any:
    made = bed.layer()
    yield made
    await made.flush()


async def _flows(layer: RabbitmqChannelLayer, channel: str) -> None:
    async with asyncio.timeout(15):
        await layer.send(channel, {"type": "marker"})
        while (await layer.receive(channel))["type"] != "marker":
            pass


async def test_a_caller_that_gives_up_leaves_the_layer_able_to_connect(
    bed: Bed, layer: RabbitmqChannelLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The future of the connection is shared: cancelling it ended the library's reconnecting for good."""
    channel = await layer.new_channel()
    await layer.group_add("g.given.up", channel)
    await asyncio.to_thread(bed.begin, "restarted")
    given_up = 0
    for n in range(10):
        try:
            await asyncio.wait_for(layer.group_send("g.given.up", {"type": "stale", "n": n}), 0.1)
        except (TimeoutError, RabbitmqUnavailable):
            given_up += 1
    assert given_up == 10
    await asyncio.to_thread(bed.end, "restarted")
    await layer.new_channel()  # waits for the connection
    await layer.group_send("g.given.up", {"type": "fresh"})
    async with asyncio.timeout(10):
        assert (await layer.receive(channel))["type"] == "fresh", "who gave up is not sent later"


async def test_calls_cancelled_at_any_moment_do_not_break_the_connection(layer: RabbitmqChannelLayer) -> None:
    """The server completes them later; the library then set the result of a cancelled future and lost its line."""
    channel = await layer.new_channel()
    connection = layer._link()._open
    for n in range(100):
        work = layer.group_send("g.any", {"type": "t"}) if n % 2 else layer.group_add(f"g.any.{n}", channel)
        task = asyncio.create_task(work)
        for _ in range(n % 5):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
    await _flows(layer, channel)
    assert layer._link()._open is connection


async def test_the_largest_message_that_is_taken_arrives(layer: RabbitmqChannelLayer) -> None:
    """One byte more than a frame holds made RabbitMQ close the connection; it is refused now, see the contract."""
    channel = await layer.new_channel()
    body = b"x" * (MESSAGE_MAX - 200)
    await layer.send(channel, {"type": "big", "body": body})
    async with asyncio.timeout(10):
        assert (await layer.receive(channel))["body"] == body


async def test_a_frozen_server_holds_nobody_beyond_the_bound(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_link, "WAIT", 1.0)
    connected, fresh = bed.layer(), bed.layer()
    channel = await connected.new_channel()
    await asyncio.to_thread(bed.begin, "frozen")
    try:
        for work in (
            connected.send(channel, {"type": "t"}),
            fresh.new_channel(),
            connected.flush(),
            fresh.flush(),
        ):
            began = time.monotonic()
            try:
                await work
            except RabbitmqUnavailable:
                pass
            assert time.monotonic() - began < 4
    finally:
        await asyncio.to_thread(bed.end, "frozen")


async def test_a_server_that_is_not_there_is_said_without_the_message_or_the_password(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_link, "WAIT", 0.5)
    layer = RabbitmqChannelLayer(f"amqp://me:Zq9secret@127.0.0.1:{free_port()}")
    with pytest.raises(RabbitmqUnavailable) as caught:
        await layer.group_send("g", {"type": "t", "body": "비밀 이야기"})
    await layer.flush()
    for text in ("Zq9secret", "비밀"):
        assert text not in caplog.text + str(caught.value)
