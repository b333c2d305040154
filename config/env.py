"""Typed reads of the environment that fail at boot with the variable's name and what it expects."""

import os
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import bus_url

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default it must be set and not empty."""
    value = os.environ.get(name, default)
    if value is None or (default is None and not value):
        raise ImproperlyConfigured(f"{name} must be set.")
    return value


def flag(name: str, default: bool) -> bool:
    """1/true/yes/on or 0/false/no/off."""
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    """A whole number between low and high."""
    value = os.environ.get(name, str(default))
    if not value.lstrip("-").isdecimal() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list; blanks are dropped."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def fernet_keys(name: str) -> list[str]:
    """Comma-separated keys of 32 random bytes in URL-safe base64, the newest first; none is allowed."""
    keys = words(name)
    for key in keys:
        try:
            whole = len(b64decode(key, altchars=b"-_", validate=True)) == 32
        except ValueError:
            whole = False
        if not whole:  # without the value: it is a secret
            raise ImproperlyConfigured(
                f"{name} must be keys of 32 bytes in URL-safe base64, comma-separated."
            )
    return keys


def database(name: str) -> dict[str, object]:
    """A PostgreSQL URL as Django's DATABASES entry (without OPTIONS)."""
    value = text(name)
    url = urlsplit(value)
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgres://user:password@host:5432/database.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or 5432),
    }


def channel_layer(name: str, database: Mapping[str, object]) -> dict[str, object]:
    """BUS_URL as a CHANNEL_LAYERS entry; `database` is DATABASES["default"]."""
    return bus_url.channel_layer(name, text(name, "memory://"), database)
