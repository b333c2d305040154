"""A person's access tokens: made and revoked on a page of their own below /me/."""

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access_tokens
from accounts.errors import AccountError
from accounts.forms import TokenForm
from accounts.requests import SignedIn


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: SignedIn) -> HttpResponse:
    """The tokens in use, and the form for a new one, which the answer shows: it is kept nowhere else."""
    if request.user.is_guest:
        return redirect("accounts:upgrade")
    form = TokenForm(request.POST or None)
    if request.method == "GET":
        return _page(request, form)
    if not ratelimit.consume(request, action="token_made", user=request.user):
        return ratelimit.respond_429(request)
    if form.is_valid():
        try:
            token, secret = access_tokens.create_token(
                user=request.user, name=form.cleaned_data["name"], expires_in=form.expires_in()
            )
        except AccountError as error:
            form.add_error("name" if error.code == "TOKEN_NAME" else None, error.detail)
        else:
            return render(request, "accounts/token_made.html", {"token": token, "secret": secret})
    return _page(request, form, status=400)


@login_required
@require_POST
def revoke(request: SignedIn, token: int) -> HttpResponse:
    """Another person's token is not there, whether there is one or not."""
    found = get_object_or_404(request.user.access_tokens.select_related("user"), pk=token)
    access_tokens.revoke_token(token=found)
    messages.success(
        request, _("“%s” does not work any more. What was connected with it has been cut off.") % found.name
    )
    return redirect("accounts:tokens")


def _page(request: SignedIn, form: TokenForm, status: int = 200) -> HttpResponse:
    live = request.user.access_tokens.live().order_by("-pk")
    return render(request, "accounts/tokens.html", {"form": form, "tokens": live}, status=status)
