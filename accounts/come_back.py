"""A guest's private link: it lets whoever has it be this guest in another browser, since in-app browsers keep their own
cookies. Void once the guest is a full account (accounts/receivers.py)."""

import hashlib
import secrets

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.errors import AccountError
from accounts.models import ComeBack, User

SECRET_MAX = 64  # of what is looked up


@transaction.atomic
def make_link(*, user: User) -> str:
    """A new secret (192 random bits, URL-safe), shown once: only its hash is kept. The one before is void.

    Raises AccountError NOT_GUEST or INACTIVE.
    """
    user = _locked_guest(user)
    secret = secrets.token_urlsafe(24)
    fresh = {"digest": _digest(secret), "since": timezone.now(), "used_at": None}
    ComeBack.objects.update_or_create(user=user, defaults=fresh)
    return secret


@transaction.atomic
def revoke_link(*, user: User) -> User:
    """The link is void, and whoever came in by it is out: the guest's sessions rest on a password nobody knows, and it
    changes. The caller keeps its own session (`accounts.sessions.keep_signed_in`). Without a link nothing changes."""
    user = _locked_guest(user)
    if ComeBack.objects.filter(user=user).delete()[0]:
        user.password = make_password(None)
        user.save(update_fields=["password"])
    return user


def guest_of(secret: str) -> User | None:
    """Whose link it is; None for one that is void."""
    if not secret or len(secret) > SECRET_MAX:
        return None
    found = ComeBack.objects.filter(
        digest=_digest(secret), user__is_guest=True, user__is_active=True
    ).select_related("user")
    link = found.first()
    return link.user if link else None


def mark_used(guest: User) -> None:
    """So that its owner sees when somebody last came by it."""
    ComeBack.objects.filter(user=guest).update(used_at=timezone.now())


def _digest(secret: str) -> str:
    """Unsalted and quick is enough for 192 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _locked_guest(user: User) -> User:
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not locked.is_active:
        raise AccountError("INACTIVE")
    if not locked.is_guest:
        raise AccountError("NOT_GUEST")
    return locked
