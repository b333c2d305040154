"""System checks: what would break a promise in silence is refused at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import Error as DatabaseError
from django.db import connection

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
MINIMUM = 150_000  # NULLS NOT DISTINCT


@register(Tags.database)
def check_durability(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """P3: an acknowledged entry is on disk. Runs with `migrate` and `check --database default`."""
    if not databases:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(DURABLE)])
            found_settings = dict(cursor.fetchall())
            cursor.execute("SHOW transaction_isolation")
            isolation = cursor.fetchone()[0]
            version = connection.pg_version  # type: ignore[attr-defined]
    except DatabaseError as error:
        return [Warning(f"The database could not be asked: {error}", id="chat.W001")]
    found: list[CheckMessage] = []
    for name in DURABLE:
        if found_settings.get(name) == "off":
            found.append(
                Error(f"PostgreSQL runs with {name} off: acknowledged entries can be lost.", id="chat.E001")
            )
    if isolation != "read committed":
        found.append(
            Error(
                f"Numbering needs READ COMMITTED, not {isolation.upper()}: see append_2.sql.", id="chat.E003"
            )
        )
    if version < MINIMUM:
        found.append(Error("PostgreSQL 15 or newer is needed.", id="chat.E002"))
    return found


@register(Tags.security, deploy=True)
def check_bus(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The default suits one process; a forgotten BUS_URL shows in nothing but late messages."""
    if not str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).endswith("InMemoryChannelLayer"):
        return []
    return [
        Warning(
            "BUS_URL is not set, or memory://: what one worker or command writes reaches the others late.",
            hint="redis://, postgres://, amqp:// or kafka://, unless there is one worker and no clock.",
            id="chat.W002",
        )
    ]
