"""Who paid whom: a ledger that is only ever added to, and each person's present balance."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import bounds
from orders.models.post import Post


class Payment(models.Model):
    """One word about money between `user` (who shares) and the host. A trigger (migration 0005) lets rows only come.

    A claim is answered by one confirm or reject, a refund sent by one "got": `answers` is unique, so the database
    decides who was first. `balance` is what was left after it. The depositor's name is apart, see Depositor.
    """

    class Op(models.TextChoices):
        CLAIM = "claim", _("says it is paid")
        CONFIRM = "confirm", _("the host has it")
        REJECT = "reject", _("the host does not find it")
        WAIVE = "waive", _("the host lets it go")
        REFUND_SENT = "refund_sent", _("the host sent it back")
        REFUND_GOT = "refund_got", _("has it back")

    class Way(models.TextChoices):
        TRANSFER = "transfer", _("bank transfer")
        TOSS = "toss", _("Toss")
        KAKAOPAY = "kakaopay", _("KakaoPay")
        CASH = "cash", _("cash")
        OTHER = "other", _("another way")

    post = models.ForeignKey(Post, models.PROTECT, related_name="payments", verbose_name=_("post"))
    user = models.ForeignKey(User, models.PROTECT, related_name="payments", verbose_name=_("person"))
    op = models.CharField(_("what"), max_length=11, choices=Op)
    won = models.BigIntegerField(_("won"))  # a waiver may be taken back by a lower share: then it is negative
    way = models.CharField(_("way"), max_length=8, choices=Way, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    share_v = models.PositiveIntegerField()
    balance = models.BigIntegerField(_("balance"))
    reason = models.CharField(_("reason"), max_length=bounds.REASON_MAX, blank=True)
    answers = models.OneToOneField("self", models.PROTECT, null=True, related_name="answer")
    request_key = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            UniqueConstraint(fields=["by", "request_key"], name="one_payment_per_request"),
            CheckConstraint(
                condition=Q(op__in=["confirm", "reject", "refund_got"], answers__isnull=False)
                | (Q(op__in=["claim", "waive", "refund_sent"]) & Q(answers=None)),
                name="payment_answers",
            ),
            CheckConstraint(condition=Q(won__gt=0) | Q(op="waive"), name="payment_won"),
            CheckConstraint(condition=~Q(op="reject", reason=""), name="rejected_with_reason"),
            CheckConstraint(
                condition=Q(op__in=["claim", "refund_sent"]) & ~Q(way="")
                | ~Q(op__in=["claim", "refund_sent"]) & Q(way=""),
                name="payment_way",
            ),
        ]
        indexes = [models.Index(fields=["post", "user", "id"], name="payment_of")]

    def __str__(self) -> str:
        return f"{self.op} {self.won}"


class Depositor(models.Model):
    """The name on a transfer, for the host's eyes: in no entry, export or log, and gone with the host's account."""

    claim = models.OneToOneField(Payment, models.PROTECT, primary_key=True, related_name="depositor")
    name = models.CharField(max_length=bounds.DEPOSITOR_MAX)

    def __str__(self) -> str:
        return f"of {self.claim_id}"


class DueQuerySet(models.QuerySet["Due"]):
    def open(self) -> Self:
        """Not settled: either owes the other."""
        return self.exclude(balance=0)

    def owing(self) -> Self:
        return self.filter(balance__gt=0)

    def overdue(self, now: datetime) -> Self:
        """Owes and has not said for so long that it is paid."""
        return self.owing().filter(claim=None, unclaimed_since__lte=now - bounds.UNPAID_AFTER)


class Due(models.Model):
    """What is between the host and one other person of an order, from the first issue on. Sums of the ledger."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="dues", verbose_name=_("post"))
    user = models.ForeignKey(User, models.PROTECT, related_name="dues", verbose_name=_("person"))
    share_won = models.PositiveBigIntegerField(_("share"), default=0)
    kept_won = models.IntegerField(_("kept"), default=0)
    confirmed_won = models.PositiveBigIntegerField(_("confirmed"), default=0)
    waived_won = models.PositiveBigIntegerField(_("waived"), default=0)
    refunded_won = models.PositiveBigIntegerField(_("refunded"), default=0)
    balance = models.GeneratedField(
        expression=F("share_won") + F("kept_won") - F("confirmed_won") - F("waived_won") + F("refunded_won"),
        output_field=models.BigIntegerField(_("balance")),
        db_persist=True,
    )
    claim = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="+")  # not answered yet
    refund = models.OneToOneField(Payment, models.PROTECT, null=True, related_name="+")  # sent, not got yet
    unclaimed_since = models.DateTimeField(null=True, editable=False)  # owes without saying that it is paid
    remind_at = models.DateTimeField(null=True, editable=False)
    reminded = models.PositiveSmallIntegerField(default=0, editable=False)  # times, since the last issue

    objects = DueQuerySet.as_manager()

    class Meta:
        verbose_name = _("due")
        verbose_name_plural = _("dues")
        constraints = [
            UniqueConstraint(fields=["post", "user"], name="one_due"),
            CheckConstraint(condition=Q(refunded_won__lte=F("confirmed_won")), name="refunds_what_came"),
        ]
        indexes = [
            models.Index(fields=["remind_at"], name="due_remind", condition=Q(remind_at__isnull=False)),
            models.Index(fields=["user"], name="due_open", condition=~Q(balance=0)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.post_id}: {self.balance}"
