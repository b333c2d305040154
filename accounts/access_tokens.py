"""A person's own access tokens: what programs show in place of the session cookie (RFC 6750, `Authorization: Bearer`).

Pages never take one, so a token cannot change a password or make another token. Whatever ends all access of its person
(a new password, a closed account) ends it too: accounts/receivers.py.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.errors import AccountError
from accounts.models import TOKEN_NAME_MAX, AccessToken, User
from accounts.nicknames import is_unseen
from accounts.signals import access_ended

PREFIX: Final = "rua_"  # so that scanners of public code and logs know one when they see it
SECRET_LENGTH: Final = len(PREFIX) + 43  # 256 random bits, URL-safe
TOKENS_MAX: Final = 20  # that one person has in use: TOO_MANY_TOKENS
REMEMBERED_FOR: Final = timedelta(days=90)  # after its end, for operators
USED_EVERY: Final = timedelta(minutes=1)  # so often the last use is written at most


@transaction.atomic
def create_token(*, user: User, name: str, expires_in: timedelta | None) -> tuple[AccessToken, str]:
    """A new token and its secret, which is shown once: only its hash is kept.

    Raises AccountError GUEST, INACTIVE, TOKEN_NAME (empty, too long, with unseen characters) or TOO_MANY_TOKENS.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 0 < len(name) <= TOKEN_NAME_MAX or any(map(is_unseen, name)):
        raise AccountError("TOKEN_NAME")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once count each other
    if not user.is_active:
        raise AccountError("INACTIVE")
    if user.is_guest:
        raise AccountError("GUEST")
    now = timezone.now()
    old = now - REMEMBERED_FOR
    user.access_tokens.filter(Q(revoked_at__lt=old) | Q(expires_at__lt=old)).delete()
    if user.access_tokens.live().count() >= TOKENS_MAX:
        raise AccountError("TOO_MANY_TOKENS")
    secret = PREFIX + secrets.token_urlsafe(32)
    expires_at = now + expires_in if expires_in else None
    token = AccessToken.objects.create(user=user, name=name, digest=_digest(secret), expires_at=expires_at)
    return token, secret


@transaction.atomic
def revoke_token(*, token: AccessToken) -> None:
    """The token is void and whatever was opened with it goes. Doing it again changes nothing."""
    if AccessToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        access_ended.send(User, user=token.user, session_key=token.access_key)


def bearer(authorization: str) -> str:
    """The secret in an Authorization header's value; empty when it holds none."""
    scheme, _space, secret = authorization.strip().partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def verify(secret: str) -> AccessToken | None:
    """The live token with this secret, its `user` at hand; None for any other. One look-up by index, and where the last
    use is older than USED_EVERY one write."""
    if len(secret) != SECRET_LENGTH or not secret.startswith(PREFIX) or not secret.isascii():
        return None
    digest = _digest(secret)
    token = AccessToken.objects.live().select_related("user").filter(digest=digest).first()
    # The index has compared already; what its timing could tell is about a hash that nobody can steer.
    if token is None or not constant_time_compare(token.digest, digest):
        return None
    _note_use({token.pk: token.last_used_at})
    return token


def still_live(ids: Collection[int]) -> set[int]:
    """Those of the tokens in use that still hold: not revoked, not expired, of an open account. One query, and now and
    then a write: they are in use."""
    live = AccessToken.objects.live().filter(pk__in=ids)
    found: dict[int, datetime | None] = dict(live.values_list("pk", "last_used_at"))
    _note_use(found)
    return set(found)


def _note_use(last: dict[int, datetime | None]) -> None:
    """They are in use now; `last`: what is written of it. Once in USED_EVERY is enough to read on a page."""
    now = timezone.now()
    stale = [pk for pk, at in last.items() if at is None or at < now - USED_EVERY]
    if stale:
        AccessToken.objects.filter(pk__in=stale).update(last_used_at=now)


def end_all(*, user: User) -> None:
    """Void all tokens of a person, in the transaction that ends their access otherwise."""
    user.access_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())


def _digest(secret: str) -> str:
    """Unsalted and quick is enough for 256 random bits, and lets the index find it."""
    return hashlib.sha256(secret.encode()).hexdigest()
