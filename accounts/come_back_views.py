"""The private link of a guest: made and ended on /me/, opened at /g/<secret>/."""

from allauth.core import ratelimit
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import come_back
from accounts.errors import AccountError
from accounts.models import User
from accounts.requests import SignedIn
from accounts.sessions import keep_signed_in, sign_in_guest


@never_cache
@login_required
@require_POST
def make(request: SignedIn) -> HttpResponse:
    """Shows the new link in the answer itself: it is kept nowhere, so there is no second time."""
    if not ratelimit.consume(request, action="come_back_made", user=request.user):
        return ratelimit.respond_429(request)
    try:
        secret = come_back.make_link(user=request.user)
    except AccountError as error:
        messages.error(request, error.detail)
        return redirect("accounts:me")
    address = request.build_absolute_uri(reverse("accounts:come_back", args=[secret]))
    return render(request, "accounts/come_back_made.html", {"address": address})


@login_required
@require_POST
def revoke(request: SignedIn) -> HttpResponse:
    try:
        keep_signed_in(request, come_back.revoke_link(user=request.user))
    except AccountError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("The link is void. Whoever came in by it is signed out."))
    return redirect("accounts:me")


@never_cache
@require_http_methods(["GET", "POST"])
@rate_limit(action="come_back", limit_get=True)
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Who it would be, and one tap. Only the tap signs in: messengers open links by themselves to preview them."""
    guest = come_back.guest_of(secret)
    if guest is None:
        return _page(request, None, status=410)
    if request.user.is_authenticated:
        if request.user.pk == guest.pk:
            return redirect(settings.LOGIN_REDIRECT_URL)
        return _page(request, guest, status=409 if request.method == "POST" else 200)
    if request.method == "GET":
        return _page(request, guest)
    come_back.mark_used(guest)
    sign_in_guest(request, guest)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _page(request: HttpRequest, guest: User | None, status: int = 200) -> HttpResponse:
    response = render(request, "accounts/come_back.html", {"guest": guest}, status=status)
    response["X-Robots-Tag"] = "noindex"
    # The address is the key. The site's same-origin policy keeps it from others; no-referrer would too, but browsers
    # then send `Origin: null` with the form, which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response
