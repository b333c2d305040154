"""Who gets to see pages about money, and how they are answered: whole, or their changing part for htmx."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.requests import SignedIn
from chat import installation, reading
from orders.models import Due, Post
from orders.views.fragments import Said, to_login
from orders.views.people import is_fragment
from rooms.models import Room

P = ParamSpec("P")
Page = Callable[Concatenate[SignedIn, Post, P], HttpResponse]


class Look(NamedTuple):
    """Taken before a page reads anything: `head` is the entry that it is at least as new as. Who has left hears of no
    more entries, so theirs is None."""

    head: int | None

    @property
    def member(self) -> bool:
        return self.head is not None


def of_payers(view: Page[P]) -> Callable[..., HttpResponse]:
    """Members, the host, and whoever has left with something open: strangers get the 404 of what is not there."""

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_login(request, public_id)
        inside = Q(room__in=Room.objects.visible_to(request.user))
        owes = Q(pk__in=Due.objects.filter(user=request.user).values("post"))
        posts = Post.objects.select_related("room", "host").filter(inside | owes | Q(host=request.user))
        post = get_object_or_404(posts, room__public_id=public_id)
        return view(request, post, *args, **kwargs)  # type: ignore[arg-type]

    return page


def look(request: SignedIn, post: Post) -> Look:
    """One query."""
    found = reading.summaries(request.user.pk, [post.pk]).get(post.pk)
    return Look(found.head if found else None)


def show(
    request: SignedIn, post: Post, name: str, seen: Look, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page `orders/pay/_<name>.html`; as a fragment it says what it is, to be shown whatever the status."""
    context = {
        "post": post,
        "part": f"orders/pay/_{name}.html",
        "name": name,
        "hosts": post.host_id == request.user.pk,
        "member": seen.member,
        "said": None,
        "address": "",
        **context,
    }
    whole = not is_fragment(request)
    if whole and seen.member:
        context["live"] = {
            "room": post.public_id,
            "epoch": installation.epoch(),
            "head": seen.head,
            "me": request.user.pk,
            "people": post.seats_taken,
        }
    template = "orders/pay/page.html" if whole else "orders/pay/_part.html"
    response = render(request, template, context, status=status)
    response["X-Fragment"] = "pay"
    return response


def done(
    request: SignedIn, post: Post, said: str, page: Callable[..., HttpResponse], to: str, *args: Any
) -> HttpResponse:
    """After a deed: the fragment with a word for htmx, else on to the page, where the word waits.

    `page` renders the fragment (request, post, said=…); `to` and `args` name the page's address.
    """
    if is_fragment(request):
        return page(request, post, said=Said(said) if said else None)
    if said:
        messages.success(request, said)
    return HttpResponseRedirect(reverse(f"orders:{to}", args=[post.public_id, *args]))
