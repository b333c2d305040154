"""The timeline's tables. Only chat/timeline.py writes and reads Entry; see docs/decisions/0004-timeline.md."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from rooms.models import Room


class Timeline(models.Model):
    """One row per room, locked to number entries and not updated by that (a counter in it would bloat)."""

    room = models.OneToOneField(Room, models.CASCADE, primary_key=True)
    writable_until = models.DateTimeField(null=True)  # from then on people only read; null: for ever

    def __str__(self) -> str:
        return f"timeline of {self.room_id}"


class Entry(models.Model):
    """One numbered entry. The foreign keys have no constraint in the database: they cost a fifth of the append rate;
    `manage.py check_timeline` looks for orphans instead."""

    room = models.ForeignKey(
        Timeline, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="entries"
    )
    seq = models.BigIntegerField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    cid = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    data = models.JSONField()
    target = models.BigIntegerField(null=True)
    rev = models.BigIntegerField(default=0)
    n = models.BigIntegerField()
    shown = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "seq"], name="entry_seq"),
            # cid before sender: the look-up of a system entry (no sender) then uses the index too.
            models.UniqueConstraint(fields=["room", "cid", "sender"], name="entry_cid", nulls_distinct=False),
        ]
        indexes: ClassVar = [
            models.Index(fields=["room", "seq"], condition=Q(shown=True), name="entry_shown")
        ]

    def __str__(self) -> str:
        return f"{self.room_id}#{self.seq} {self.kind}"


class Reader(models.Model):
    """Who may read which part of a timeline: (from_seq, until_seq]; until_seq is null while they are a member."""

    room = models.ForeignKey(Timeline, models.CASCADE, related_name="readers", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_seq = models.BigIntegerField(default=0)
    until_seq = models.BigIntegerField(null=True)
    read_seq = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "user"], name="one_reader"),
            models.CheckConstraint(
                condition=Q(until_seq=None) | Q(until_seq__gte=F("from_seq")), name="reader_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} reads {self.room_id}"


class Topic(models.Model):
    """A STOMP destination `/topic/{name}` and the room that stands behind it."""

    name = models.CharField(max_length=100, unique=True)
    room = models.OneToOneField(Room, models.CASCADE, related_name="topic")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class Installation(models.Model):
    """One row: the epoch that numbers are counted in, and the PostgreSQL it was counted on."""

    epoch = models.CharField(max_length=16)
    system_identifier = models.CharField(max_length=32, blank=True)
    timeline_id = models.IntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="one_installation")]

    def __str__(self) -> str:
        return self.epoch
