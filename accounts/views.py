"""Pages about oneself that allauth does not have."""

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import password_set
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language

from accounts.actions import choose_language, delete_account, upgrade_guest
from accounts.errors import AccountError
from accounts.forms import UpgradeForm
from accounts.nicknames import nickname_key
from accounts.requests import SignedIn
from accounts.sessions import keep_signed_in


@never_cache
@login_required
@require_GET
def me(request: SignedIn) -> HttpResponse:
    """Who I am here, and what I can change about it."""
    return render(request, "accounts/me.html")


@never_cache
@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "POST"])
@rate_limit(action="signup")
def upgrade(request: SignedIn) -> HttpResponse:
    """A guest becomes a full account and goes on where they were (`?next=`)."""
    onward = get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL
    if not request.user.is_guest:
        return redirect(onward)
    form = UpgradeForm(request.POST or None, user=request.user)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                keep_signed_in(request, upgrade_guest(user=request.user, **form.cleaned_data))
            except AccountError as error:
                form.refuse(error)
            else:
                return redirect(onward)
        status = 400
    context = {"form": form, "next": get_next_redirect_url(request)}
    return render(request, "accounts/upgrade.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@rate_limit(action="write")
def delete(request: SignedIn) -> HttpResponse:
    """What deleting one's account means; done by typing one's nickname, so that no stray tap does it."""
    error, status = "", 200
    if request.method == "POST":
        if nickname_key(request.POST.get("nickname", "")[:200]) == nickname_key(request.user.nickname):
            try:
                delete_account(user=request.user)
            except AccountError as refused:
                error, status = refused.detail, 409
            else:
                logout(request)
                messages.success(request, _("Your account is deleted."))
                return redirect("account_login")
        else:
            error, status = _("This is not your nickname."), 400
    return render(request, "accounts/delete.html", {"error": error}, status=status)


@login_required
def set_password(request: SignedIn) -> HttpResponse:
    """allauth's page for accounts without a password; a guest becomes a full account instead."""
    return redirect("accounts:upgrade") if request.user.is_guest else password_set(request)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language: in the cookie for the browser, on the account for whoever is signed in."""
    code = request.POST.get("language", "")
    if request.user.is_authenticated and code in dict(settings.LANGUAGES) and check_for_language(code):
        choose_language(user=request.user, locale=code)
    return set_language(request)
