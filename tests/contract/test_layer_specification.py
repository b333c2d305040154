"""The Channels specification, against every layer: https://channels.readthedocs.io/en/stable/channel_layer_spec.html"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull

from tests.contract.beds import Bed

Make = Callable[..., Any]
EVERYTHING = {
    "type": "test.message",
    "korean": "떡볶이 2인분, 순대 1인분 🍢",
    "bytes": b"\x00\xff\x80",
    "numbers": [0, -1, 2**53, 1.5],
    "nested": {"none": None, "yes": True, "empty": {}, "list": []},
}


async def _next(layer: Any, channel: str, within: float = 10) -> Any:
    async with asyncio.timeout(within):
        return await layer.receive(channel)


async def _member(layer: Any, group: str) -> str:
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def _until_it_flows(sender: Any, group: str, *members: tuple[Any, str]) -> None:
    """Some layers confirm a subscription before the server has it: repeat a first message until everybody has one."""
    for layer, channel in members:
        async with asyncio.timeout(10):
            while True:
                await sender.group_send(group, {"type": "first"})
                try:
                    await _next(layer, channel, within=0.5)
                    break
                except TimeoutError:
                    continue
        await _drain(sender, group, layer, channel)


async def _drain(sender: Any, group: str, layer: Any, channel: str) -> None:
    await sender.group_send(group, {"type": "last of the first"})
    while (await _next(layer, channel))["type"] != "last of the first":
        pass


async def test_a_message_arrives_whole_with_korean_text_bytes_and_nested_values(make: Make) -> None:
    one, other = make(), make()
    channel = await other.new_channel()
    await one.send(channel, EVERYTHING)
    assert await _next(other, channel) == EVERYTHING


async def test_messages_to_a_channel_keep_their_order(make: Make) -> None:
    one, other = make(), make()
    channel = await other.new_channel()
    for n in range(50):
        await one.send(channel, {"type": "n", "n": n})
    assert [(await _next(other, channel))["n"] for _ in range(50)] == list(range(50))


async def test_new_channels_are_distinct_and_carry_their_prefix(make: Make) -> None:
    one, other = make(), make()
    names = [await layer.new_channel() for layer in (one, other) for _ in range(3)]
    assert len(set(names)) == 6
    assert "mine" in await one.new_channel("mine")


async def test_a_group_reaches_every_member_in_every_process_and_nobody_else(make: Make) -> None:
    one, other = make(), make()
    first, second, third = (
        await _member(one, "g.all"),
        await _member(one, "g.all"),
        await _member(other, "g.all"),
    )
    outsider = await _member(other, "g.others")
    members = ((one, first), (one, second), (other, third))
    await _until_it_flows(one, "g.all", *members)
    for layer, channel in members:
        await one.send(channel, {"type": "marker"})  # what an earlier step left over ends here
        while (await _next(layer, channel))["type"] != "marker":
            pass
    await one.group_send("g.all", EVERYTHING)
    for layer, channel in members:
        assert await _next(layer, channel) == EVERYTHING
    await one.send(outsider, {"type": "only this"})
    assert await _next(other, outsider) == {"type": "only this"}


async def test_members_do_not_share_one_object(make: Make) -> None:
    one = make()
    first, second = await _member(one, "g.copies"), await _member(one, "g.copies")
    await _until_it_flows(one, "g.copies", (one, first))
    await one.send(second, {"type": "marker"})
    while (await _next(one, second))["type"] != "marker":
        pass
    await one.group_send("g.copies", {"type": "t", "list": [1]})
    (await _next(one, first))["list"].append(2)
    assert (await _next(one, second))["list"] == [1]


async def test_order_within_a_group_is_kept_for_each_sender(make: Make) -> None:
    senders, reader = [make(), make()], make()
    channel = await _member(reader, "g.order")
    for sender in senders:
        await _until_it_flows(sender, "g.order", (reader, channel))

    async def talk(who: int) -> None:
        for n in range(100):
            await senders[who].group_send("g.order", {"type": "n", "who": who, "n": n})

    await asyncio.gather(talk(0), talk(1), _expect_in_order(reader, channel))


async def _expect_in_order(reader: Any, channel: str) -> None:
    got: dict[int, list[int]] = {0: [], 1: []}
    while sum(map(len, got.values())) < 200:
        message = await _next(reader, channel)
        got[message["who"]].append(message["n"])
    assert got == {0: list(range(100)), 1: list(range(100))}


async def test_who_leaves_a_group_gets_nothing_more_of_it(make: Make) -> None:
    one, other = make(), make()
    channel = await _member(other, "g.left")
    await _until_it_flows(one, "g.left", (other, channel))
    await other.group_discard("g.left", channel)
    await other.group_discard("g.left", channel)  # twice is once
    await other.group_discard("g.never", channel)
    await one.group_send("g.left", {"type": "too late"})
    await one.send(channel, {"type": "directly"})
    assert await _next(other, channel) == {"type": "directly"}


async def test_a_group_without_members_is_no_error(make: Make) -> None:
    await make().group_send("g.nobody", {"type": "t"})


async def test_a_thousand_groups_are_joined_and_left(make: Make) -> None:
    one, other = make(capacity=3_000), make(capacity=3_000)
    channel = await other.new_channel()
    groups = [f"g.thousand.{n}" for n in range(1_000)]
    for group in groups:
        await other.group_add(group, channel)
    await _until_it_flows(one, groups[-1], (other, channel))
    await asyncio.gather(*(one.group_send(group, {"type": "t", "group": group}) for group in groups))
    assert {(await _next(other, channel))["group"] for _ in groups} == set(groups)
    for group in groups:
        await other.group_discard(group, channel)
    for group in groups[::100]:
        await one.group_send(group, {"type": "too late"})
    await one.send(channel, {"type": "directly"})
    assert await _next(other, channel) == {"type": "directly"}


@pytest.mark.parametrize("name", ["", "with space", "떡볶이", "x" * 101, "a/b", None])
async def test_names_that_the_specification_does_not_allow_are_refused(
    bed: Bed, make: Make, name: Any
) -> None:
    if not bed.checks_names:
        pytest.skip(f"{bed.name} takes any name")
    layer = make()
    with pytest.raises(TypeError):
        await layer.group_send(name, {"type": "t"})
    with pytest.raises(TypeError):
        await layer.send(name, {"type": "t"})


async def test_a_channel_that_is_full_says_so_to_send_and_drops_what_comes_by_a_group(
    bed: Bed, make: Make
) -> None:
    layer = make(capacity=3)
    channel = await _member(layer, "g.full")
    if not bed.bounded:
        for n in range(20):
            await layer.send(channel, {"type": "n", "n": n})
        assert [(await _next(layer, channel))["n"] for _ in range(20)] == list(range(20))
        return
    with pytest.raises(ChannelFull):
        await asyncio.wait_for(_send_until_refused(layer, channel), 10)
    for _ in range(5):
        await layer.group_send("g.full", {"type": "dropped"})
    assert [(await _next(layer, channel))["type"] for _ in range(3)] == ["t", "t", "t"]


async def _send_until_refused(layer: Any, channel: str) -> None:
    while True:  # sent is not yet arrived: it may take some more than the capacity
        await layer.send(channel, {"type": "t"})


async def test_a_message_that_nobody_received_in_time_is_not_delivered(bed: Bed, make: Make) -> None:
    layer = make(expiry=1)
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "old"})
    await asyncio.sleep(1.5)  # time itself is what is tested
    await layer.send(channel, {"type": "new"})
    assert (await _next(layer, channel))["type"] == ("new" if bed.expires else "old")


async def test_a_megabyte_is_refused_clearly_or_carried_whole(bed: Bed, make: Make) -> None:
    one, other = make(), make()
    channel = await _member(other, "g.big")
    await _until_it_flows(one, "g.big", (other, channel))
    big = {"type": "big", "body": "가" * (1_048_576 // 3 + 1)}
    if bed.refuses_a_megabyte:
        with pytest.raises(bed.refuses_a_megabyte, match=r"1,048,\d+ bytes"):
            await one.group_send("g.big", big)
    else:
        await one.group_send("g.big", big)
        assert await _next(other, channel) == big
    await one.group_send("g.big", {"type": "small"})
    assert (await _next(other, channel))["type"] == "small", "the layer is as it was"


async def test_a_flushed_layer_forgets_its_groups_and_can_be_used_again(make: Make) -> None:
    layer = make()
    channel = await _member(layer, "g.flushed")
    await layer.flush()
    await layer.group_send("g.flushed", {"type": "forgotten"})
    again = await layer.new_channel()
    assert again != channel
    await layer.send(again, {"type": "t"})
    assert await _next(layer, again) == {"type": "t"}


async def test_flushing_ends_within_five_seconds_and_leaves_no_task(make: Make) -> None:
    layer = make()
    await _member(layer, "g.end")
    await layer.group_send("g.end", {"type": "t"})
    began = time.monotonic()
    await layer.flush()
    assert time.monotonic() - began < 5
    await asyncio.sleep(0)
    assert [task.get_name() for task in asyncio.all_tasks() if "kafka" in repr(task)] == []


async def test_code_without_a_loop_can_send(bed: Bed, make: Make) -> None:
    reader = make()
    channel = await _member(reader, "g.sync")
    await _until_it_flows(make(), "g.sync", (reader, channel))
    outside = bed.layer()
    await asyncio.to_thread(async_to_sync(outside.group_send), "g.sync", {"type": "from a thread"})
    assert (await _next(reader, channel))["type"] == "from a thread"
