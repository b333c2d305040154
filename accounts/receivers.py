"""Signing out ends the access of that session, wherever the button was."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.signals import access_ended


@receiver(user_logged_out, dispatch_uid="accounts.end_session_access")
def end_session_access(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Django sends this before it flushes the session, so the key is still there."""
    if user is not None and request.session.session_key:
        access_ended.send(User, user=user, session_key=request.session.session_key)
