"""Names for people in addresses: good for one reader only, so that nobody walks through all people by counting."""

from django.core.signing import BadSignature, Signer

from accounts.models import User


def person_token(reader: User, person_id: int) -> str:
    """URL-safe; the same each time."""
    return _signer(reader).sign(str(person_id))


def person_of(reader: User, token: str) -> int:
    """Raises BadSignature for a token that was not made for this reader."""
    value = _signer(reader).unsign(token)
    if not value.isdecimal():
        raise BadSignature
    return int(value)


def _signer(reader: User) -> Signer:
    return Signer(salt=f"accounts.person.{reader.pk}")
