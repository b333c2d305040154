"""Shares as they were issued: versions that stand for good. A trigger (migration 0005) refuses to change them."""

from fractions import Fraction
from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.models.post import Post
from orders.models.seat import Seat


class ShareVersion(models.Model):
    """What everybody owes as of one issue. `bill`: the dishes, fees and discounts that it was worked out from, so that
    the working can be shown whatever is edited later.

    bill: {"items": [{id, name, options, unit_won, qty, ordered_unit_won, ordered_qty, parts: [[user, weight]]}],
    "fees": [{label, won, rule, is_gap}], "discounts": [{label, won, scope, user, is_gap}], "unused": won}
    """

    class Cause(models.TextChoices):
        FIRST = "first", _("first issue")
        AGAIN = "again", _("issued again")
        REFUNDED = "refunded", _("canceled, all goes back")

    post = models.ForeignKey(Post, models.PROTECT, related_name="share_versions", verbose_name=_("post"))
    share_v = models.PositiveIntegerField(_("version"))
    cart_v = models.PositiveIntegerField()
    unit = models.PositiveSmallIntegerField(_("rounded to"))
    total = models.PositiveBigIntegerField(_("total"))
    receipt_won = models.PositiveBigIntegerField(_("receipt"), null=True)
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("issued by"))
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    cause = models.CharField(_("cause"), max_length=8, choices=Cause)
    bill = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("version of shares")
        verbose_name_plural = _("versions of shares")
        constraints = [
            UniqueConstraint(fields=["post", "share_v"], name="one_share_version"),
            CheckConstraint(condition=Q(unit__in=[1, 10, 100]), name="share_unit"),
            CheckConstraint(
                condition=Q(receipt_won=None) | Q(receipt_won=models.F("total")) | Q(cause="refunded"),
                name="receipt_agrees",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} v{self.share_v}"


class Share(models.Model):
    """One person's part in a version. `won` as split: those of a version add up to its total. `kept_won`: so much more
    (or less) they pay, because their exact share is what it was and the amount stays; the host bears it. `delta`:
    what they pay now less what they paid before. `exact`: "22000/3". `working`: split.Line's numbers as such text."""

    version = models.ForeignKey(
        ShareVersion, models.PROTECT, related_name="shares", verbose_name=_("version")
    )
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="shares", verbose_name=_("person"))
    won = models.PositiveBigIntegerField(_("share"))
    kept_won = models.IntegerField(_("kept"), default=0)
    delta = models.BigIntegerField(_("difference"))
    exact = models.TextField()
    working = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [
            UniqueConstraint(fields=["version", "seat"], name="one_share_of_a_seat"),
            CheckConstraint(condition=Q(won__gte=-models.F("kept_won")), name="amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.amount}"

    @property
    def amount(self) -> int:
        """Won that the person pays."""
        return self.won + self.kept_won

    @property
    def x(self) -> Fraction:
        """The exact share."""
        return Fraction(self.exact)

    def part(self, name: str) -> Fraction:
        """One of split.Line's numbers."""
        value: Any = self.working.get(name, "0")
        return Fraction(value)
