"""What tests of pages ask of them."""

from typing import Any

from orders.models import Post, Seat


def path(post: Post, *more: str) -> str:
    return post.get_absolute_url() + "".join(f"{part}/" for part in more)


def inside(post: Post) -> set[str]:
    return set(Seat.objects.active().filter(post=post).values_list("user__nickname", flat=True))


def text(answer: Any) -> str:
    """The page in one line."""
    return " ".join(answer.content.decode().split())
