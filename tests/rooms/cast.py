"""The people of the tests: a host, a member and a guest in a room, and an outsider."""

from typing import Any, NamedTuple

from django.test import Client

from accounts.models import User
from rooms import actions
from rooms.models import Invitation, Room

PASSWORD = "chopsticks-and-rice"


class Cast(NamedTuple):
    room: Room
    host: User
    member: User
    guest: User
    outsider: User
    link: Invitation


def make_cast(*, is_open: bool = False) -> Cast:
    host, member, outsider = (User.objects.create_user(name, PASSWORD) for name in ("짱구", "철수", "유리"))
    room = actions.create_room(user=host, title="점심 같이", is_open=is_open)
    link = actions.create_invitation(by=host, room=room, expires_in=None)
    actions.join_by_invitation(user=member, code=link.code)
    guest = actions.join_as_guest(code=link.code, nickname="맹구", locale="ko").user
    return Cast(room, host, member, guest, outsider, link)


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client
