"""The shares as a card under their entry, as they stand now: my part and what is to be done about it."""

from collections.abc import Collection, Mapping

from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from chat import cards
from orders import board
from orders.models import Post
from rooms.models import Room

CLAIMS_SHOWN = 10  # the rest are on the board


@cards.renders("shares")
def of_room(request: HttpRequest, room: Room, ids: Collection[int]) -> Mapping[int, str]:
    """By version; five queries, however many."""
    post = Post.objects.select_related("room", "host").get(pk=room.pk)
    return render(request, post, ids)


def render(request: HttpRequest, post: Post, versions: Collection[int], error: str = "") -> dict[int, str]:
    found = board.board(post)
    if found.version is None or not isinstance(request.user, User):
        return {}
    user = request.user
    hosts = post.host_id == user.pk
    mine = next((row for row in found.rows if row.user.pk == user.pk), None)
    claims = [row for row in found.rows if row.claim] if hosts else []
    context = {
        "post": post,
        "board": found,
        "hosts": hosts,
        "mine": mine,
        "my_share": found.host_share if hosts else mine.share if mine else None,
        "claims": claims[:CLAIMS_SHOWN],
        "error": error,
    }
    return {
        number: render_to_string(
            "orders/pay/_card.html", context | {"number": number, "old": number < post.share_v}, request
        )
        for number in versions
        if 0 < number <= post.share_v
    }
