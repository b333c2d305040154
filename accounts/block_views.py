"""Whom I have blocked. People are named by a token made for me alone, on a page where I met them: nobody reads the
nicknames of everybody by counting."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.core.signing import BadSignature
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import actions
from accounts.errors import AccountError
from accounts.models import User
from accounts.requests import SignedIn
from accounts.tokens import person_of

PAGE = 50


@never_cache
@login_required
@require_GET
def blocks(request: SignedIn) -> HttpResponse:
    found = request.user.blocks.select_related("blocked").order_by("-pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/blocks.html", {"blocks": page})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def block(request: SignedIn, token: str) -> HttpResponse:
    """What blocking does, and the button that does it."""
    person = _person(request, token)
    onward = _onward(request)
    if request.method == "POST":
        try:
            actions.block(user=request.user, blocked=person)
        except AccountError as error:
            messages.error(request, error.detail)
            return redirect("accounts:blocks")
        told = _("%s is blocked. You can take it back on your page, under blocked people.")
        messages.success(request, told % person.nickname)
        return redirect(onward or "accounts:blocks")
    blocked = request.user.blocks.filter(blocked=person).exists()
    return render(
        request, "accounts/block.html", {"person": person, "token": token, "next": onward, "blocked": blocked}
    )


@login_required
@require_POST
def unblock(request: SignedIn, token: str) -> HttpResponse:
    person = _person(request, token)
    actions.unblock(user=request.user, blocked=person)
    messages.success(request, _("%s is not blocked any more.") % person.nickname)
    return redirect("accounts:blocks")


def _person(request: SignedIn, token: str) -> User:
    try:
        pk = person_of(request.user, token)
    except BadSignature:
        raise Http404 from None
    return get_object_or_404(User, pk=pk)


def _onward(request: SignedIn) -> str:
    """Where they came from, if that is ours."""
    address = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if ours else ""
