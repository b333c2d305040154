"""A small neighbourhood to try things with: people who talk in two rooms. Only for `bin/run` on loopback."""

import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction

from accounts.models import User
from chat import actions
from rooms import actions as room_actions

PEOPLE: Final = ["짱구", "철수", "맹구", "유리"]
TALK: Final = [
    ("짱구", "오늘 저녁 치킨 같이 시킬 사람 있어요?"),
    ("철수", "저요. 몇 시쯤 먹을까요?"),
    ("맹구", "18:30 어때요? 정문에서 만나요"),
    ("짱구", "좋아요. 순살로 할까요, 뼈로 할까요?"),
    ("유리", "순살이요. 반반이면 더 좋고요"),
    ("철수", "배달비는 넷이 나누면 750원씩이에요"),
    ("짱구", "그럼 18:30 정문, 순살 반반으로 주문할게요"),
]


@transaction.atomic
def fill(password: str | None = None) -> dict[str, str]:
    """Make the people, rooms and talk; returns nickname to password. IntegrityError where they exist."""
    chosen = password or secrets.token_urlsafe(6)
    people = {name: User.objects.create_user(name, chosen) for name in PEOPLE}
    room = room_actions.create_room(user=people["짱구"], title="오늘 저녁 치킨 · 정문 18:30", is_open=True)
    for name in PEOPLE[1:]:
        room_actions.join_open(user=people[name], room=room)
    lunch = room_actions.create_room(user=people["유리"], title="내일 점심 마라탕", is_open=True)
    room_actions.create_invitation(by=people["유리"], room=lunch, expires_in=timedelta(days=7))
    operator = User.objects.create_superuser("운영자", chosen)
    transaction.on_commit(lambda: _talk(people, room))
    return dict.fromkeys([*PEOPLE, operator.nickname], chosen)


def _talk(people: dict[str, User], room: "room_actions.Room") -> None:
    for number, (name, body) in enumerate(TALK):
        actions.post(user=people[name], room=room, cid=f"demo-{number}", body=body)
