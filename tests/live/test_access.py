"""P8: who may not read a room receives nothing of it, and loses the live line on every worker."""

import json
import urllib.error
import urllib.request

import pytest
import websockets
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.actions import upgrade_guest
from accounts.models import User
from chat import timeline
from chat.principals import SessionKey, ended
from chat.realtime.limits import SOCKETS_PER_PERSON
from rooms import actions as room_actions
from tests.live.servers import Cast, Workers, in_thread, sign_in
from tests.live.wsclient import WsClient

pytestmark = pytest.mark.faults


WITH_BUS, WITHOUT_BUS = 1.0, 3.0  # seconds: P8
SLACK = 1.0  # for a machine whose cores stall


def _get(port: int, path: str, session: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Cookie": f"sessionid={session}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_an_outsider_reads_nothing_by_socket_or_page(workers: Workers, cast: Cast) -> None:
    room, session = cast.room.public_id, cast.sessions["훈이"]
    for port in workers.ports:
        async with WsClient(port, session) as outsider:
            await outsider.send(type="join", room=room)
            await outsider.send(type="history", room=room, before=99)
            await outsider.send(type="send", room=room, cid="c", body="나도")
            await outsider.until(lambda: len(outsider.errors()) == 3)
            assert sorted(outsider.errors()) == ["NOT_JOINED", "NOT_JOINED", "NO_ROOM"]
            assert {f["type"] for f in outsider.frames} == {"welcome", "error"}
        assert await in_thread(_get, port, f"/rooms/{room}/", session) == 404


async def test_nobody_gets_in_without_a_session_or_from_another_site(workers: Workers, cast: Cast) -> None:
    async with WsClient(workers.first.port, "no-such-session") as nobody:
        await nobody.until(lambda: nobody.closed is not None)
        assert nobody.closed == 4401
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with WsClient(workers.first.port, cast.sessions["짱구"], origin="https://elsewhere.example"):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("port_of_the_verb", [0, 1])
async def test_a_removed_member_gets_their_leave_entry_and_nothing_after_it_on_both_workers(
    workers: Workers, cast: Cast, port_of_the_verb: int
) -> None:
    room = cast.room.public_id
    async with (
        WsClient(workers.first.port, cast.sessions["짱구"]) as host,
        WsClient(workers.first.port, cast.sessions["맹구"]) as here,
        WsClient(workers.second.port, cast.sessions["맹구"]) as there,
    ):
        await host.join(room)
        folds = [await here.join(room), await there.join(room)]
        await in_thread(_remove_by_form, workers.ports[port_of_the_verb], cast)
        for client in (here, there):
            await client.until(lambda c=client: bool(c.of("removed")), wait=WITH_BUS + SLACK)
            assert client.of("removed")[0]["reason"] == "removed"
        left = (await in_thread(timeline.heads, [cast.room.pk]))[cast.room.pk]
        after = await host.say(room, "secret", "이제 우리끼리")
        await host.until(lambda: host.rooms[room].position == after)
        for client, fold in zip((here, there), folds, strict=True):
            await client.send(type="join", room=room)
            await client.send(type="send", room=room, cid="x", body="still?")
            await client.until(lambda c=client: len(c.errors()) == 2)
            assert fold.position == left, "the leave entry is the last thing delivered"
    assert await in_thread(_get, workers.second.port, f"/rooms/{room}/", cast.sessions["맹구"]) == 404


def _remove_by_form(port: int, cast: Cast) -> None:
    """The host presses the button on one of the workers' pages."""
    base, path = f"http://127.0.0.1:{port}", f"/rooms/{cast.room.public_id}/members/{cast.member.pk}/remove/"
    token = "a" * 32
    request = urllib.request.Request(
        base + path,
        data=f"csrfmiddlewaretoken={token}".encode(),
        headers={
            "Cookie": f"sessionid={cast.sessions['짱구']}; csrftoken={token}",
            "Origin": base,
        },
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


async def test_leaving_cuts_without_a_bus_within_three_seconds(workers: Workers, cast: Cast) -> None:
    room = cast.room.public_id
    async with WsClient(workers.second.port, cast.sessions["맹구"]) as member:
        await member.join(room)
        workers.bus.kill()
        try:
            await in_thread(room_actions.leave, user=cast.member, room=cast.room)
            await member.until(lambda: bool(member.of("removed")), wait=WITHOUT_BUS + SLACK)
        finally:
            workers.bus.start()


async def test_an_expired_session_a_sign_out_and_a_new_password_close_the_socket(
    workers: Workers, cast: Cast
) -> None:
    async def closes(change: object, *args: object) -> None:
        session = await in_thread(sign_in, await in_thread(User.objects.get, pk=cast.member.pk))
        clients = [WsClient(port, session) for port in workers.ports]
        for client in clients:
            await client.__aenter__()
            await client.join(cast.room.public_id)
        await in_thread(change, session, *args)
        for client in clients:
            await client.until(lambda c=client: c.closed is not None, wait=12)
            assert client.closed == 4401
            await client.__aexit__()

    await closes(_expire)
    await closes(_sign_out)
    await closes(_change_password, cast.member.pk)


async def test_a_guest_who_becomes_a_full_account_keeps_the_line(workers: Workers, cast: Cast) -> None:
    invitation = await in_thread(
        room_actions.create_invitation, by=cast.host, room=cast.room, expires_in=None
    )
    stay = await in_thread(room_actions.join_as_guest, code=invitation.code, nickname="손님", locale="ko")
    session = await in_thread(sign_in, stay.user)
    over = await in_thread(ended, [SessionKey(session, stay.user.pk, stay.user.password)])
    assert not over
    await in_thread(_upgrade, stay.user, session)
    before = SessionKey(session, stay.user.pk, stay.user.password)
    assert not await in_thread(ended, [before])
    await in_thread(_change_password, session, stay.user.pk)
    assert await in_thread(ended, [before]) == {before}


def _upgrade(guest: User, session: str) -> None:
    """As the upgrade page does it: the session is given the new password's hash."""
    user = upgrade_guest(user=guest, nickname="이제계정", password="chopsticks-and-rice")
    stored = SessionStore(session)
    stored[HASH_SESSION_KEY] = user.get_session_auth_hash()
    stored.save()


def _expire(session: str) -> None:
    Session.objects.filter(session_key=session).update(expire_date=timezone.now())


def _sign_out(session: str) -> None:
    Session.objects.filter(session_key=session).delete()


def _change_password(session: str, user_id: int) -> None:
    user = User.objects.get(pk=user_id)
    user.set_password("another-one-entirely")
    user.save()


async def test_one_person_has_a_bounded_number_of_sockets(workers: Workers, cast: Cast) -> None:
    clients = [WsClient(workers.first.port, cast.sessions["훈이"]) for _ in range(SOCKETS_PER_PERSON)]
    for client in clients:
        await client.__aenter__()
        await client.until(lambda c=client: bool(c.of("welcome")))
    async with WsClient(workers.first.port, cast.sessions["훈이"]) as one_more:
        await one_more.until(lambda: one_more.closed is not None)
        assert one_more.closed == 4429
    async with WsClient(workers.first.port, cast.sessions["짱구"]) as other:
        await other.join(cast.room.public_id)
    for client in clients:
        await client.__aexit__()


async def test_a_revoked_or_expired_invitation_lets_nobody_in(workers: Workers, cast: Cast) -> None:
    invitation = await in_thread(
        room_actions.create_invitation, by=cast.host, room=cast.room, expires_in=None
    )
    session = cast.sessions["훈이"]
    assert await in_thread(_get, workers.first.port, f"/i/{invitation.code}/", session) == 200
    await in_thread(room_actions.revoke_invitation, by=cast.host, invitation=invitation)
    for port in workers.ports:
        assert await in_thread(_get, port, f"/i/{invitation.code}/", session) == 410
        async with WsClient(port, session) as outsider:
            await outsider.send(type="join", room=cast.room.public_id)
            await outsider.until(lambda: outsider.errors() == ["NO_ROOM"])
    assert json.dumps(outsider.frames).count("저녁") == 0
