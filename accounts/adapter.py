"""Where our rules meet allauth's sign-up, sign-in and sign-out."""

from contextlib import suppress

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.actions import merge_guest
from accounts.errors import AccountError
from accounts.models import User
from accounts.nicknames import clean_nickname, nickname_key
from accounts.signals import access_ended


class AccountAdapter(DefaultAccountAdapter):
    """allauth's username is our nickname's key; a guest who signs in brings along what they have."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_taken": _("Somebody already uses this nickname. Try another one."),
        "username_password_mismatch": _("The nickname or the password is not right."),
        "too_many_login_attempts": _("That was tried very often. Wait a few minutes and try again."),
        "email_taken": _("Somebody already uses this e-mail address."),
        "rate_limited": _("That was very fast. Wait a moment and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """A guest turns the guest account into a full one instead of making a second."""
        if request.user.is_authenticated:
            raise ImmediateHttpResponse(redirect("accounts:upgrade" if request.user.is_guest else "home"))
        return True

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Check that the nickname is one and is free; return it as the person typed it."""
        nickname = clean_nickname(username)
        super().clean_username(nickname_key(nickname), shallow)
        return nickname

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        user.nickname = form.cleaned_data["username"]
        user.locale = get_language() or "ko"
        form.cleaned_data["username"] = nickname_key(user.nickname)
        return super().save_user(request, user, form, commit)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:me")

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in. Who was here as a guest becomes part of the account; a full account never does."""
        before, key = request.user, request.session.session_key
        with transaction.atomic():
            if before.is_authenticated and before.is_guest and before.pk != user.pk:
                with suppress(AccountError):  # another tab was first
                    merge_guest(guest=before, into=user)
            elif before.is_authenticated and key:
                access_ended.send(User, user=before, session_key=key)
            super().login(request, user)
