"""The epoch: numbers of one epoch continue each other. After a restore or a lossy failover they do not."""

import logging
import secrets

from django.db import Error, connection, transaction
from django.utils import timezone

from chat.models import Installation

logger = logging.getLogger(__name__)


@transaction.atomic
def new_epoch() -> str:
    """Begin a new epoch; every client that holds entries of the old one loads its rooms anew."""
    row = _locked()
    row.epoch, row.changed_at = secrets.token_hex(6), timezone.now()
    row.system_identifier, row.timeline_id = _server() or ("", 0)
    row.save()
    return row.epoch


@transaction.atomic
def checked_epoch() -> str:
    """The epoch, after a look at the server: on another PostgreSQL than it was begun on (a restored dump, a promoted
    standby, a point-in-time recovery) a new one begins. A planned switch-over does so too, which costs each client a
    reload. For the start of a worker."""
    row = _locked()
    server = _server()
    if server is None or (row.system_identifier, row.timeline_id) == server:
        return row.epoch
    if not row.system_identifier:
        Installation.objects.filter(pk=1).update(system_identifier=server[0], timeline_id=server[1])
        return row.epoch
    logger.warning("this is another PostgreSQL than before: a new epoch begins")
    return new_epoch()


def stored_epoch() -> str | None:
    """The epoch as it stands; None before the first worker has started."""
    return Installation.objects.values_list("epoch", flat=True).filter(pk=1).first()


def epoch() -> str:
    """The epoch as it stands."""
    return stored_epoch() or checked_epoch()


def _locked() -> Installation:
    Installation.objects.get_or_create(pk=1, defaults={"epoch": secrets.token_hex(6)})
    return Installation.objects.select_for_update(no_key=True).get(pk=1)


def _server() -> tuple[str, int] | None:
    """System identifier and WAL timeline; None where the role may not ask."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT system_identifier::text, timeline_id FROM pg_control_system(), pg_control_checkpoint()"
            )
            system, timeline_id = cursor.fetchone()
            return system, timeline_id
    except Error:
        return None
