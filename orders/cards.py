"""What chat's list of rooms shows of posts."""

from collections.abc import Collection
from typing import Final

from django.urls import reverse

from chat import cards
from chat.cards import Card
from orders.models import OVER, Post, State

_TONES: Final = {
    State.RECRUITING: "go",
    State.CLOSED: "act",
    State.LOCKED: "act",
    State.ORDERED: "go",
    State.ARRIVED: "act",
}


@cards.register
def of_posts(room_ids: Collection[int]) -> dict[int, Card]:
    """One query, however many rooms."""
    rows = Post.objects.filter(pk__in=room_ids).values_list("pk", "room__public_id", "state")
    return {pk: _card(public_id, State(state)) for pk, public_id, state in rows}


def _card(public_id: str, state: State) -> Card:
    url = reverse("orders:room", args=[public_id])
    return Card(url, state.label, _TONES.get(state, ""), over=state in OVER)


cards.chips_follow(
    "order.state", cards.Chips("to", {state.value: (state.label, _TONES.get(state, "")) for state in State})
)
