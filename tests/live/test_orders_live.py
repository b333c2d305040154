"""What verbs about orders write reaches the people of the room on both workers, and nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import Timeline
from orders import cart, posts, seats, states
from orders.models import Post
from tests.live.servers import Cast, Workers, in_thread
from tests.live.wsclient import WsClient

pytestmark = pytest.mark.faults


def post_with_member(cast: Cast) -> Post:
    made = posts.create_post(
        user=cast.host,
        title="오늘 저녁 치킨",
        shop="교촌치킨",
        category="chicken",
        meeting_at=timezone.now() + timedelta(hours=2),
        place="정문",
        place_note="비밀번호 1234",
        min_people=2,
        capacity=2,
    )
    seats.join(user=cast.member, post=made)
    seats.wait(user=cast.outsider, post=made)
    return made


async def test_an_order_is_live_on_both_workers_and_in_the_resume(workers: Workers, cast: Cast) -> None:
    post = await in_thread(post_with_member, cast)
    room = post.public_id
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(workers.second.port, cast.sessions["맹구"]) as member,
    ):
        one, other = await host.join(room), await member.join(room)
        start = one.position or 0
        await in_thread(cart.set_item, by=cast.member, post=post, name="허니콤보", unit_won=20_000)
        await in_thread(posts.edit_post, by=cast.host, post=post, post_v=1, changes={"place_note": "3층"})
        await in_thread(states.close, by=cast.host, post=post)
        await member.until(lambda: other.position == start + 3)
        await host.until(lambda: one.position == start + 3)
        assert one.state == other.state
        assert one.breaches + other.breaches == []
        assert one.state[start + 1][1]["item"]["name"] == "허니콤보"
        assert one.state[start + 3][1]["to"] == "CLOSED"
        assert "비밀번호" not in str(member.frames + host.frames)
        assert "3층" not in str(member.frames + host.frames)
        names = [frame["people"] for frame in member.of("entries")]
        assert {str(cast.member.pk): "맹구"}.items() <= {
            k: v for each in names for k, v in each.items()
        }.items()
        epoch = host.of("joined")[0]["epoch"]
    async with WsClient(workers.second.port, cast.sessions["짱구"]) as again:
        await again.join(room, since=start, epoch=epoch)
        assert [item["kind"] for item in again.of("joined")[0]["items"]] == [
            "order.cart",
            "order.post",
            "order.state",
        ]


async def test_a_kick_cuts_one_and_lets_in_the_next_who_waited(workers: Workers, cast: Cast) -> None:
    post = await in_thread(post_with_member, cast)
    room = post.public_id
    async with (
        WsClient(workers.second.port, cast.sessions["맹구"]) as member,
        WsClient(workers.first.port, cast.sessions["훈이"]) as waiter,
    ):
        seen = await member.join(room)
        await waiter.send(type="join", room=room)
        await waiter.until(lambda: waiter.errors() == ["NO_ROOM"])  # waiters do not see the room
        await in_thread(seats.remove, by=cast.host, post=post, user=cast.member)
        await member.until(lambda: bool(member.of("removed")))
        mine = await waiter.join(room)
        assert seen.position == (mine.position or 0) - 2, "the leaver's last entry is their leaving"
        await member.send(type="send", room=room, cid="after", body="왜요")
        await member.until(lambda: bool(member.errors()))


async def test_an_order_that_is_over_can_only_be_read(workers: Workers, cast: Cast) -> None:
    post = await in_thread(post_with_member, cast)
    async with WsClient(workers.first.port, cast.sessions["맹구"]) as member:
        await member.join(post.public_id)
        await in_thread(states.cancel, by=cast.host, post=post)
        await member.say(post.public_id, "a", "다음에 먹어요")
        await in_thread(Timeline.objects.filter(pk=post.pk).update, writable_until=timezone.now())
        await member.send(type="send", room=post.public_id, cid="b", body="아무도 없나요")
        await member.until(lambda: member.errors() == ["READ_ONLY"])
