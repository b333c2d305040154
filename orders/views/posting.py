"""Making a post, making it again, changing it: one form, three pages, and the card it will be."""

from datetime import datetime
from typing import Any

from allauth.decorators import rate_limit
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.requests import SignedIn
from orders import bounds, posts, times
from orders.errors import OrderError
from orders.forms import (
    PEOPLE,
    PostForm,
    default_title,
    initial,
    initial_of,
    meeting_moment,
    starting_values,
)
from orders.models import OVER, Category, Post
from orders.views.cards import Card
from orders.views.changes import told
from orders.views.people import viewer
from orders.views.post_page import found, room_path
from rooms.errors import RoomError
from rooms.models import Room

PLACES = 8  # suggested


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@rate_limit(action="write")
def new(request: SignedIn) -> HttpResponse:
    """Guests are told the way to an account; everybody else has their last place filled in."""
    now = timezone.now()
    begin = starting_values(now)
    if request.method == "GET" and (last := _last(request.user)):
        begin |= {"place": last.place, "place_note": last.place_note}
    return _create(request, begin, now)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@rate_limit(action="write")
def again(request: SignedIn, public_id: str) -> HttpResponse:
    """A new post like one that I hosted, at the next time the clock shows the same."""
    now = timezone.now()
    post = found(request, public_id, Post.objects.filter(host=request.user))
    return _create(request, initial(posts.post_again(post, now), now), now)


def _create(request: SignedIn, begin: dict[str, Any], now: datetime) -> HttpResponse:
    if request.user.is_guest:
        return render(request, "orders/guest.html", status=403)
    form = PostForm(request.POST if request.method == "POST" else None, initial=begin, now=now)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            key = form.cleaned_data["request_key"]
            try:
                post = posts.create_post(user=request.user, request_key=key, now=now, **form.values())
                return redirect(room_path(post))
            except RoomError as error:
                form.refuse(error)
                status = error.status
    return _page(request, form, status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@rate_limit(action="write")
def edit(request: SignedIn, public_id: str) -> HttpResponse:
    """Who was overtaken sees what changed, and theirs still typed; a new shop asks about the cart."""
    now = timezone.now()
    post = found(request, public_id, Post.objects.filter(host=request.user).exclude(state__in=OVER))
    begin = initial_of(post, now)
    if request.method != "POST":
        return _page(request, PostForm(initial=begin, now=now, post=post), 200)
    form = PostForm(request.POST, initial=begin, now=now, post=post)
    if not form.is_valid():
        return _page(request, form, 400)
    try:
        posts.edit_post(
            by=request.user,
            post=post,
            post_v=_number(request.POST.get("post_v", "")),
            changes=form.changes(post),
            empty_cart={"yes": True, "no": False}.get(request.POST.get("empty_cart", "")),
            now=now,
        )
    except RoomError as error:
        return _refused_edit(request, post, form, error, now)
    return redirect(room_path(post))


def _refused_edit(
    request: SignedIn, post: Post, form: PostForm, error: RoomError, now: datetime
) -> HttpResponse:
    if error.code == "CART_NOT_EMPTY":
        return _page(request, form, error.status, ask_cart=True)
    if not isinstance(error, OrderError) or error.code != "STALE":
        form.refuse(error)
        return _page(request, form, error.status)
    post = Post.objects.select_related("room", "host").get(pk=post.pk)
    return _page(request, form.over(post), error.status, stale=told(error.extra["changes"], now))


def _page(request: SignedIn, form: PostForm, status: int, **more: Any) -> HttpResponse:
    post = form.post
    context = {
        "form": form,
        "post": post,
        "post_v": post.post_v if post else None,
        "places": _places(request.user),
        "card": _card(form, request.user) if not post else None,
        **more,
    }
    return render(request, "orders/form.html", context, status=status)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The card that the form makes as it stands, however little of it is filled in; nothing for who is signed out."""
    user = viewer(request)
    if user is None:
        return HttpResponse(status=204)  # htmx leaves the last one
    form = PostForm(request.POST, now=timezone.now())
    form.is_valid()
    return render(request, "orders/_preview.html", {"card": _card(form, user)})


def _card(form: PostForm, user: User) -> Card:
    """Of what can be read; the rest is what the form begins with."""
    start = starting_values(form.now)
    given = form.cleaned_data if form.is_bound and hasattr(form, "cleaned_data") else {}
    if not form.is_bound:
        given = {name: form.initial[name] for name in ("shop", "place", "category") if name in form.initial}
        given |= {n: form.initial[n] for n in ("title", "capacity", "min_order_won") if form.initial.get(n)}
    clock = given.get("meeting") or form.fields["meeting"].clean(
        form.initial.get("meeting", start["meeting"])
    )
    day = given.get("day", form.initial.get("day", ""))
    capacity = given.get("capacity") or PEOPLE
    shop = str(given.get("shop", ""))[: bounds.SHOP_MAX]
    meeting_at = meeting_moment(clock, day or "", form.now)
    post = Post(
        room=Room(title=given.get("title") or (default_title(shop) if shop else "")),
        host=user,
        shop=shop,
        category=given.get("category") or Category.OTHER,
        meeting_at=meeting_at,
        deadline_at=times.default_deadline(meeting_at, form.now),
        place=str(given.get("place", ""))[: bounds.PLACE_MAX],
        min_people=given.get("min_people") or bounds.PEOPLE_MIN,
        capacity=capacity,
        min_order_won=given.get("min_order_won") or 0,
    )
    return Card(post, form.now)


def _last(user: User) -> Post | None:
    return Post.objects.filter(room__created_by=user).order_by("-pk").first()


def _places(user: User) -> list[str]:
    """Where they met before, the newest first."""
    rows = Post.objects.filter(seats__user=user).order_by("-pk").values_list("place", flat=True)
    return list(dict.fromkeys(rows[: 4 * PLACES]))[:PLACES]


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 9 else -1
