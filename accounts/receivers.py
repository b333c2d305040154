"""Signing out ends the access of that session, wherever the button was; a full account ends a guest's private link;
what ends all access ends tokens."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.access_tokens import end_all
from accounts.models import ComeBack, User
from accounts.signals import access_ended, guest_merged, guest_upgraded


@receiver(user_logged_out, dispatch_uid="accounts.end_session_access")
def end_session_access(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Django sends this before it flushes the session, so the key is still there."""
    if user is not None and request.session.session_key:
        access_ended.send(User, user=user, session_key=request.session.session_key)


@receiver([guest_upgraded, guest_merged], dispatch_uid="accounts.void_come_back")
def void_come_back(sender: Any, user: User | None = None, guest: User | None = None, **kwargs: Any) -> None:
    """Who has a password needs no link; and a link never opens a full account."""
    ComeBack.objects.filter(user=user or guest).delete()


@receiver(access_ended, dispatch_uid="accounts.end_tokens")
def end_tokens(sender: Any, user: User, session_key: str | None, **kwargs: Any) -> None:
    """A new password or a closed account ends tokens as it ends sessions: who had got hold of one is out too."""
    if session_key is None:
        end_all(user=user)
