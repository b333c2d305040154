"""Who sits at a post's table, and who waits for a seat."""

from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.models.post import Post
from rooms.models import Membership


class SeatQuerySet(models.QuerySet["Seat"]):
    def active(self) -> Self:
        return self.filter(left_at=None)

    def by_standing(self) -> Self:
        """In the order of joining: the order of `membership`, which the room's lock makes one order."""
        return self.order_by("membership_id")


class Seat(models.Model):
    """One person's part in one order, for one stay in its room; coming back is a new row.

    `confirmed_cart_v` equal to the post's `cart_v` is a confirmation; any change of the cart takes it back.
    """

    membership = models.OneToOneField(Membership, models.CASCADE, primary_key=True, related_name="seat")
    post = models.ForeignKey(Post, models.CASCADE, related_name="seats", verbose_name=_("post"))
    user = models.ForeignKey(User, models.PROTECT, related_name="seats", verbose_name=_("person"))
    sits_out = models.BooleanField(_("sits out"), default=False)
    confirmed_cart_v = models.PositiveIntegerField(null=True, editable=False)
    arrived_at = models.DateTimeField(null=True, editable=False)  # when they said that the food is here
    asked_leave_at = models.DateTimeField(null=True, editable=False)
    leave_granted = models.BooleanField(default=False, editable=False)
    left_at = models.DateTimeField(_("left at"), null=True, editable=False)

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        constraints = [
            UniqueConstraint(fields=["post", "user"], condition=Q(left_at=None), name="one_active_seat"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.post_id}"


class WaitQuerySet(models.QuerySet["Wait"]):
    def active(self) -> Self:
        """Those who wait, the first to be served first."""
        return self.filter(ended_at=None).order_by("pk")


class Wait(models.Model):
    """One person's place in a post's waiting list."""

    class Ended(models.TextChoices):
        PROMOTED = "promoted", _("got a seat")
        LEFT = "left", _("left")
        OVER = "over", _("the list ended")

    post = models.ForeignKey(Post, models.CASCADE, related_name="waits", verbose_name=_("post"))
    user = models.ForeignKey(User, models.PROTECT, related_name="waits", verbose_name=_("person"))
    since = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    ended_by = models.CharField(_("ended by"), max_length=8, choices=Ended, blank=True)

    objects = WaitQuerySet.as_manager()

    class Meta:
        verbose_name = _("place in a waiting list")
        verbose_name_plural = _("waiting lists")
        constraints = [
            UniqueConstraint(fields=["post", "user"], condition=Q(ended_at=None), name="one_active_wait"),
            CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | (~Q(ended_at=None) & ~Q(ended_by="")),
                name="wait_says_how",
            ),
        ]
        indexes = [models.Index(fields=["user"], name="wait_user", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.user_id} waits for {self.post_id}"
