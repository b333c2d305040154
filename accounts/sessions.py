"""Sessions of people who did not come through the sign-in page."""

from django.contrib.auth import HASH_SESSION_KEY, login
from django.http import HttpRequest

from accounts.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sign_in_guest(request: HttpRequest, guest: User) -> None:
    """An ordinary session for a new guest; its key is new too, so none can be planted."""
    login(request, guest, backend=BACKEND)


def keep_signed_in(request: HttpRequest, user: User) -> None:
    """After an upgrade the same session goes on with the new password's hash, under its old key.

    The key stays, so the person's other tabs and their open sockets go on. That is safe: the key was made
    when the guest came in, and whoever holds it has been this person all along.
    """
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request.user = user
