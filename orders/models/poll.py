"""Polls of a room: about the meeting's time, its place or the shop, or about anything."""

from typing import Any, Self

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import bounds
from orders.models.post import Post


class PollQuerySet(models.QuerySet["Poll"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def bound(self) -> Self:
        """Those about a field of the post."""
        return self.exclude(field="")


class Poll(models.Model):
    """`options` are texts, of a poll about the meeting times in RFC 3339; a vote is the place of one in the list.

    Closing freezes `tally`; a `winner` follows from it, or is picked among the tied. `v` counts every change, votes
    too. Changed by verbs only, under the room's lock.
    """

    class Field(models.TextChoices):
        FREE = "", _("anything")
        MEETING_AT = "meeting_at", _("meeting time")
        PLACE = "place", _("meeting place")
        SHOP = "shop", _("shop")

    post = models.ForeignKey(Post, models.CASCADE, related_name="polls", verbose_name=_("post"))
    field = models.CharField(_("what about"), max_length=12, choices=Field, blank=True)
    question = models.CharField(_("question"), max_length=bounds.QUESTION_MAX, blank=True)
    options = models.JSONField(_("choices"))
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("opened by"))
    opened_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    closes_at = models.DateTimeField(_("closes"), null=True)  # the clock's; None: by hand
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    tally = models.JSONField(_("votes"), default=list, editable=False)  # frozen when it closed, by option
    winner = models.PositiveSmallIntegerField(_("winner"), null=True, editable=False)
    applied_at = models.DateTimeField(_("applied"), null=True, editable=False)
    v = models.PositiveIntegerField(default=1, editable=False)
    request_key = models.UUIDField(null=True, editable=False)

    objects = PollQuerySet.as_manager()

    class Meta:
        verbose_name = _("poll")
        verbose_name_plural = _("polls")
        constraints = [
            UniqueConstraint(
                fields=["post", "field"],
                condition=Q(closed_at=None) & ~Q(field=""),
                name="one_open_poll_per_field",
            ),
            UniqueConstraint(fields=["post", "request_key"], name="one_poll_per_request"),
            CheckConstraint(
                condition=Q(closed_at=None, winner=None) | ~Q(closed_at=None), name="poll_won_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field or 'free'} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def clean_choice(self, choice: Any) -> bool:
        """Whether it is the place of an option."""
        return type(choice) is int and 0 <= choice < len(self.options)


class Vote(models.Model):
    """One person's present choice. Of somebody who leaves an open poll's room it goes; of a closed one it stays."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="votes", verbose_name=_("poll"))
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("person"))
    choice = models.PositiveSmallIntegerField(_("option"))
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [UniqueConstraint(fields=["poll", "user"], name="one_vote_each")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.choice}"
