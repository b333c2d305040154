"""What kind of request a view deals with, for the type checker."""

from django.http import HttpRequest

from accounts.models import User


class SignedIn(HttpRequest):
    """Of a view behind `login_required`."""

    user: User
