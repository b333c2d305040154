"""Who stands behind a connection, and for how long. Blocking: for the threads of chat.store."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import access_tokens
from accounts.models import KEY_PREFIX, User


class SessionKey(NamedTuple):
    """What a connection was let in by: it ends when the session (or token), the password or the account does."""

    session: str  # or an access token's key, `token:<id>`
    user_id: int
    password: str


class Principal(NamedTuple):
    """Somebody who has signed in."""

    key: SessionKey
    nickname: str


_PERSON = "SELECT password, nickname FROM accounts_user WHERE id = %s AND is_active"
_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > now()"


def principal(session_key: str) -> Principal | None:
    """Whose session this is; None when it has ended, or nobody has signed in to it, or the password has changed since.

    As django.contrib.auth.get_user(), in two plain look-ups: everybody who connects passes here, after a restart all
    at once (benchmarks: join, reconnect). tests/live/test_access.py holds it to get_user()'s answers.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SESSION, [session_key])
        if (row := cursor.fetchone()) is None:
            return None
        session = SessionStore().decode(row[0])
        if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
            return None
        user_id = int(session[SESSION_KEY])
        cursor.execute(_PERSON, [user_id])
        if (row := cursor.fetchone()) is None:
            return None
    password, nickname = row
    if not _rests_on(session, User(pk=user_id, password=password)):
        return None
    return Principal(SessionKey(session_key, user_id, password), nickname)


def token_principal(secret: str) -> Principal | None:
    """Whose access token this is; None for one that is void, or no token at all."""
    token = access_tokens.verify(secret)
    return Principal(SessionKey(token.access_key, token.user_id, ""), token.user.nickname) if token else None


def _rests_on(session: Mapping[str, Any], user: User) -> bool:
    """The session was made, or went on, with the user's present password. SECRET_KEY may be in rotation."""
    verifier = session.get(HASH_SESSION_KEY, "")
    hashes = chain([user.get_session_auth_hash()], user.get_session_auth_fallback_hash())
    return any(constant_time_compare(verifier, each) for each in hashes)


def ended(keys: Sequence[SessionKey]) -> set[SessionKey]:
    """Those whose session is over, or whose account is closed or has a password that the session does not rest on.
    Two queries for all, a third where passwords have changed; one for all tokens."""
    tokens = {k for k in keys if k.session.startswith(KEY_PREFIX)}
    return _ended_sessions([k for k in keys if k not in tokens]) | _ended_tokens(tokens)


def _ended_tokens(keys: Collection[SessionKey]) -> set[SessionKey]:
    """A new password revokes them, so theirs need not be looked at."""
    if not keys:
        return set()
    live = access_tokens.still_live([int(k.session.removeprefix(KEY_PREFIX)) for k in keys])
    return {k for k in keys if int(k.session.removeprefix(KEY_PREFIX)) not in live}


def _ended_sessions(keys: Sequence[SessionKey]) -> set[SessionKey]:
    if not keys:
        return set()
    sessions = Session.objects.filter(
        session_key__in={k.session for k in keys}, expire_date__gt=timezone.now()
    )
    alive = set(sessions.values_list("session_key", flat=True))
    people = {u.pk: u for u in User.objects.filter(pk__in={k.user_id for k in keys}, is_active=True)}
    over = {k for k in keys if k.session not in alive or k.user_id not in people}
    changed = [k for k in keys if k not in over and people[k.user_id].password != k.password]
    return over | _not_resting_on(changed, people) if changed else over


def _not_resting_on(keys: Sequence[SessionKey], people: dict[int, User]) -> set[SessionKey]:
    """A guest who becomes a full account gets a password, and their session goes on with its hash."""
    sessions = {s.session_key: s for s in Session.objects.filter(session_key__in=[k.session for k in keys])}
    over = set()
    for key in keys:
        session = sessions.get(key.session)
        if session is None or not _rests_on(session.get_decoded(), people[key.user_id]):
            over.add(key)
    return over
