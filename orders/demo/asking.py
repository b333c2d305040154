"""Polls of the demo, by the verbs."""

from datetime import timedelta
from random import Random
from typing import Final

from accounts.models import User
from orders import polls
from orders.demo import words
from orders.models import Post

QUESTIONS: Final = [
    ("음료는 뭘로 할까요?", ["콜라", "제로 콜라", "사이다"]),
    ("젓가락 몇 개 받을까요?", ["인원수대로", "안 받을래요"]),
    ("다음에도 여기서 시킬까요?", ["네", "다른 데도 좋아요"]),
]


def ask(post: Post, host: User, people: list[User], rng: Random, fate: str) -> None:
    """An open poll while people gather; later one that has been decided, and a tie."""
    asker = people[-1]
    places = rng.sample([place for place in words.PLACES if place != post.place], 2)
    place = polls.open_poll(by=asker, post=post, field="place", options=[post.place, *places])
    for number, person in enumerate(people):
        polls.vote(user=person, post=post, poll=place.pk, choice=0 if number % 3 else 1 + number % 2)
    question, options = rng.choice(QUESTIONS)
    free = polls.open_poll(by=host, post=post, field="", question=question, options=options)
    for number, person in enumerate(people[:4]):
        polls.vote(user=person, post=post, poll=free.pk, choice=number % 2)
    if fate == "recruiting":
        times = [post.meeting_at, post.meeting_at + timedelta(minutes=30)]
        polls.open_poll(by=host, post=post, field="meeting_at", options=times)
        return
    polls.close_poll(by=host, post=post, poll=free.pk)
    closed = polls.close_poll(by=host, post=post, poll=place.pk)
    if closed.winner is not None:
        polls.apply(by=host, post=post, poll=place.pk)
