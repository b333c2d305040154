"""What is particular to the layer on PostgreSQL: NOTIFY's own rules, and a connection that breaks."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.exceptions import ChannelFull, MessageTooLarge
from psycopg.conninfo import make_conninfo

from chat.layers import postgres_sender
from chat.layers.postgres import PostgresChannelLayer
from chat.layers.postgres_connection import PostgresUnavailable
from deploy.services import Postgres, free_port
from tests.contract.beds import Bed
from tests.contract.server_beds import PostgresNotify

Layer = Callable[..., PostgresChannelLayer]


@pytest.fixture(scope="module")
def server(beds: Callable[[type[Bed]], Bed]) -> Postgres:
    server = beds(PostgresNotify).server
    assert isinstance(server, Postgres)
    return server


@pytest.fixture
async def layer(server: Postgres) -> Any:
    made = PostgresChannelLayer(server.url(), capacity=2_000)
    yield made
    await made.flush()


async def _next(layer: PostgresChannelLayer, channel: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return await layer.receive(channel)


async def test_equal_messages_sent_together_are_not_taken_for_one(layer: PostgresChannelLayer) -> None:
    """PostgreSQL drops a notification that equals another one of its transaction."""
    channel = await layer.new_channel()
    await layer.group_add("g.equal", channel)
    await asyncio.gather(*(layer.group_send("g.equal", {"type": "same"}) for _ in range(200)))
    assert [await _next(layer, channel) for _ in range(200)] == [{"type": "same"}] * 200


async def test_what_is_handed_over_together_goes_in_few_transactions(
    layer: PostgresChannelLayer, server: Postgres
) -> None:
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "first"})
    await _next(layer, channel)

    async def number() -> int:
        found = await asyncio.to_thread(server.sql, "SELECT pg_current_xact_id()::text")
        return int(found)

    before = await number()
    await asyncio.gather(*(layer.send(channel, {"type": "n", "n": n}) for n in range(400)))
    assert await number() - before <= 4
    assert [(await _next(layer, channel))["n"] for _ in range(400)] == list(range(400))


async def test_the_longest_message_that_is_taken_arrives(layer: PostgresChannelLayer) -> None:
    channel = await layer.new_channel()
    taken = 0
    for size in range(5_800, 6_100):
        try:
            await layer.send(channel, {"type": "b", "body": b"x" * size})
        except MessageTooLarge:
            break
        taken = size
    else:
        pytest.fail("nothing was too large")
    got = [len((await _next(layer, channel))["body"]) for _ in range(5_800, taken + 1)]
    assert got == list(range(5_800, taken + 1))
    assert taken > 5_850


async def test_a_connection_that_the_server_ends_is_made_again_and_the_gap_is_told(
    layer: PostgresChannelLayer, server: Postgres
) -> None:
    gaps: asyncio.Queue[str] = asyncio.Queue()
    layer.on_gap = gaps.put_nowait
    channel = await layer.new_channel()
    await layer.group_add("g.ended", channel)
    await layer.group_send("g.ended", {"type": "before"})
    assert (await _next(layer, channel))["type"] == "before"
    ending = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'channel layer'"
    ended = int(await asyncio.to_thread(server.sql, ending))
    assert ended >= 2, "one connection listens, one sends; those of the test before may not be gone yet"
    async with asyncio.timeout(10):
        assert "was not listened to" in await gaps.get()
        while True:
            try:
                await layer.group_send("g.ended", {"type": "after"})
                break
            except PostgresUnavailable:  # the sending connection finds out by sending
                continue
    assert (await _next(layer, channel))["type"] == "after"


async def test_a_server_that_is_not_there_is_said_within_bounds_and_shows_no_password() -> None:
    nowhere = make_conninfo(
        host="127.0.0.1", port=str(free_port()), dbname="d", user="u", password="Zq9secret"
    )
    layer = PostgresChannelLayer(nowhere)
    with pytest.raises(PostgresUnavailable, match="refused") as sending:
        await layer.group_send("g", {"type": "t"})
    with pytest.raises(
        PostgresUnavailable, match=r"LISTEN was not possible within 5 s.*refused"
    ) as listening:
        await layer.new_channel()
    await layer.flush()
    for caught in (sending, listening):
        assert "Zq9secret" not in f"{caught.value!r} {caught.value.__context__!r}"


async def test_more_than_the_bound_waiting_for_the_server_is_refused(
    layer: PostgresChannelLayer, server: Postgres
) -> None:
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "first"})
    server.freeze()
    try:
        many = range(postgres_sender.WAITING_MAX + 2)  # two: one batch may be on its way
        waiting = [asyncio.create_task(layer.send(channel, {"type": "t"})) for _ in many]
        refused, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert {type(each.exception()) for each in refused} == {ChannelFull}
        for each in waiting:
            each.cancel()
    finally:
        server.thaw()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(each) for each in outcomes} <= {ChannelFull, asyncio.CancelledError}


def test_a_prefix_that_would_not_fit_a_notification_channel_is_refused() -> None:
    for prefix in ("", "x" * 17, "two words", "떡볶이", "1a"):
        with pytest.raises(ValueError, match="prefix"):
            PostgresChannelLayer(prefix=prefix)
