"""A believable neighbourhood to try things with: fifty posts in every state there is, and five thousand entries, all
made by the verbs. The same each time, but for the clock. Only for `bin/run` on loopback."""

from random import Random
from typing import Final

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.actions import block
from accounts.models import User
from accounts.nicknames import nickname_key
from chat.demo import PEOPLE as RESIDENTS
from chat.models import Entry
from orders import reports
from orders.demo.post import Maker
from orders.demo.words import PEOPLE
from orders.models import Post

SEED: Final = 20261122
ENTRIES: Final = 5_000
# What becomes of each post, in an order in which the list looks alive.
FATES: Final = (
    ["recruiting"] * 12 + ["alone"] * 4 + ["full"] * 4 + ["closed"] * 6 + ["locked"] * 5 + ["settled"] * 3
    + ["short"] * 2 + ["called_off"] * 2 + ["silent", "refunded"] + ["arrived"] * 2
    + ["due", "paying", "paying", "refunding"] + ["ordered"] * 3 + ["unsettled"]
)  # fmt: skip


def fill(password: str, *, fates: list[str] = FATES, entries: int = ENTRIES) -> int:
    """Make the neighbourhood, or what of it is missing after an interrupted run; how many posts it made.

    Commits post by post: call it outside a transaction. Everybody has the same password.
    """
    people = _people(password)
    made = Post.objects.filter(host__in=people).count()
    maker = Maker(people)
    for number in range(made, len(fates)):
        rng = Random(f"{SEED}-{number}")  # noqa: S311  a demo's dice
        # The last one takes up what is missing: one room with a long history.
        talk = max(entries - Entry.objects.count() - 40, 0) if number == len(fates) - 1 else None
        maker.make(fates[number], rng, number, talk)
    if made < len(fates):
        _trouble(people)
    return len(fates) - made


def _people(password: str) -> list[User]:
    """With those of chat's demo, who have rooms of their own. One hash for all: forty would take half a minute."""
    names = {nickname_key(name): name for name in [*RESIDENTS, *PEOPLE]}
    known = {user.username: user for user in User.objects.filter(username__in=names)}
    for key, name in names.items():
        if key not in known:
            known[key] = User.objects.create_user(name)
    User.objects.filter(pk__in=[user.pk for user in known.values()]).update(password=make_password(password))
    return [known[key] for key in names]


def _trouble(people: list[User]) -> None:
    """Something for operators: a post that three have reported, a message, a person; and two blocks."""
    recruiting = Post.objects.recruiting(timezone.now()).select_related("room").order_by("pk")
    bad = recruiting.exclude(host__in=people[:3]).last()
    if bad is None:
        return
    for person, reason in zip(people[:3], ("fraud", "fraud", "spam"), strict=True):
        reports.report(
            user=person, kind="post", name=bad.public_id, reason=reason, text="가게가 없는 곳이에요"
        )
    said = Entry.objects.filter(kind="text", sender__in=people[10:], data__body__contains="고양이").first()
    post = Post.objects.filter(pk=said.room_id).select_related("room").first() if said else None
    if said and post:
        reader = next((seat.user for seat in post.seats.active() if seat.user_id != said.sender_id), None)
        if reader:
            name = f"{post.public_id}.{said.seq}"
            reports.report(
                user=reader, kind="message", name=name, reason="other", text="무슨 말인지 모르겠어요"
            )
    block(user=people[0], blocked=people[30])
    block(user=people[31], blocked=people[1])
