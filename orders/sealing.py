"""Small secrets at rest: sealed by a key that is not in the database, opened for a moment when they are shown.

Fernet (AES-128-CBC with HMAC-SHA256, github.com/fernet/spec) of `cryptography`: docs/decisions/0013-getting-paid.md.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from orders.errors import OrderError


def seal(secret: bytes) -> str:
    """A token with the newest key. Raises ACCOUNT_KEY without any key: nothing is ever stored in the open."""
    return _fernet().encrypt(secret).decode()


def unseal(token: str) -> bytes:
    """The secret, whichever of the keys sealed it. Raises ACCOUNT_KEY when none of them did, or somebody changed it."""
    try:
        return _fernet().decrypt(token)
    except InvalidToken:
        raise OrderError("ACCOUNT_KEY", retry=True) from None


def reseal(token: str) -> str:
    """The same secret under the newest key. Raises as `unseal`."""
    try:
        return _fernet().rotate(token).decode()
    except InvalidToken:
        raise OrderError("ACCOUNT_KEY", retry=True) from None


def _fernet() -> MultiFernet:
    keys = tuple(settings.PAY_ACCOUNT_KEYS)
    if not keys:
        raise OrderError("ACCOUNT_KEY", retry=True)
    return _ring(keys)


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
