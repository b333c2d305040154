"""How a verb of the sheet is answered: the fragment for htmx, else a page; a refusal as a sentence with what helps."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.requests import SignedIn
from chat import kinds, lines
from orders.models import Post
from orders.views import room
from orders.views.fragments import Said, Typed, render_sheet
from orders.views.people import is_fragment
from rooms.errors import RoomError

CHANGES_SHOWN = 5


def run(
    request: SignedIn, post: Post, verb: Callable[[], Any], said: Said | None = None, at: str = ""
) -> HttpResponse:
    """Call the verb and answer; `at` is where on the page to go on without JavaScript."""
    try:
        verb()
    except RoomError as error:
        return refused(request, post, error)
    return answer(request, post, said, at)


def answer(request: SignedIn, post: Post, said: Said | None = None, at: str = "") -> HttpResponse:
    """It is done."""
    if is_fragment(request):
        return render_sheet(request, fresh(post), said=said)
    if said is not None:
        return room.sheet_page(request, fresh(post), said=said)
    url = reverse("orders:sheet", args=[post.public_id])
    return HttpResponseRedirect(f"{url}#{at}" if at else url)


def refused(request: SignedIn, post: Post, error: RoomError, typed: Typed | None = None) -> HttpResponse:
    """It is not; what was typed is kept."""
    said = None if typed else explain(post, error)
    show = render_sheet if is_fragment(request) else room.sheet_page
    return show(request, fresh(post), said=said, typed=typed, status=error.status)


def fresh(post: Post) -> Post:
    return Post.objects.select_related("room", "host").get(pk=post.pk)


def explain(post: Post, error: RoomError) -> Said:
    """The refusal's sentence, what changed or whom it is about, and the override that goes past it."""
    extra: dict[str, Any] = getattr(error, "extra", {})
    if error.code == "STALE":
        return Said(error.detail, refused=True, lines=_changes(extra["changes"]))
    if error.code == "MIN_ORDER":
        missing = _("{missing} won are missing.").format(missing=f"{extra['missing']:,}")
        return Said(error.detail, True, [missing], override=("lock", "min_order", _("Lock it anyway")))
    if error.code in ("UNCHOSEN", "UNCONFIRMED"):
        names = ", ".join(User.objects.filter(pk__in=extra["users"]).values_list("nickname", flat=True))
        override = ("order", "unconfirmed", _("Ordered anyway")) if error.code == "UNCONFIRMED" else None
        return Said(error.detail, True, [names], override=override)
    if error.code == "TOO_FEW":
        n = extra["missing"]
        return Said(
            error.detail, True, [ngettext("{n} more is needed.", "{n} more are needed.", n).format(n=n)]
        )
    return Said(error.detail, refused=True)


def _changes(changes: list[dict[str, Any]]) -> list[str]:
    """The newest of them, in the words of the timeline."""
    newest = changes[-CHANGES_SHOWN:]
    ids = {user for change in newest for user in kinds.people_in(change["kind"], change["data"])}
    ids |= {change["sender"] for change in newest if change.get("sender")}
    people = {str(pk): name for pk, name in User.objects.filter(pk__in=ids).values_list("pk", "nickname")}
    return [lines.sentence(each["kind"], each["data"], people, each.get("sender")) for each in newest]
