"""What people report to the operators, with what stood there then."""

from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import bounds
from rooms.models import Room


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> Self:
        """The operators' queue, the oldest first."""
        return self.filter(status=Report.Status.OPEN).order_by("pk")

    def like(self, report: "Report") -> Self:
        """Those about the same thing, itself included."""
        return self.filter(kind=report.kind, room=report.room_id, seq=report.seq, about=report.about_id)


class Report(models.Model):
    """One person's word about a message, a post or a person. The reporter is told the result, the reported nothing.

    `snapshot` is data of the moment: whatever is edited or deleted later, this stays.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message", _("message")
        POST = "post", _("post")
        PERSON = "person", _("person")

    class Reason(models.TextChoices):
        ABUSE = "abuse", _("Insults or harassment")
        SEXUAL = "sexual", _("Sexual or shocking content")
        FRAUD = "fraud", _("Fraud, or money not paid back")
        PRIVACY = "privacy", _("Somebody's personal information")
        SPAM = "spam", _("Advertising or spam")
        OTHER = "other", _("Something else")

    class Status(models.TextChoices):
        OPEN = "open", _("not looked at yet")
        UPHELD = "upheld", _("upheld")
        DISMISSED = "dismissed", _("dismissed")

    reporter = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("reporter"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    room = models.ForeignKey(Room, models.PROTECT, related_name="+", verbose_name=_("room"))
    seq = models.BigIntegerField(_("entry"), null=True)  # of a message
    about = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("about"))
    reason = models.CharField(_("reason"), max_length=8, choices=Reason)
    text = models.CharField(_("in their words"), max_length=bounds.REPORT_TEXT_MAX, blank=True)
    snapshot = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(_("reported"), default=timezone.now, editable=False)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.OPEN)
    resolved_at = models.DateTimeField(_("reviewed"), null=True, editable=False)
    resolved_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("reviewed by")
    )
    told_at = models.DateTimeField(null=True, editable=False)  # when the reporter saw the result

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            UniqueConstraint(
                fields=["reporter", "kind", "room", "seq", "about"],
                condition=Q(status="open"),
                name="one_open_report",
                nulls_distinct=False,
            ),
            CheckConstraint(
                condition=Q(status="open", resolved_at=None) | (~Q(status="open") & ~Q(resolved_at=None)),
                name="report_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="report_queue", condition=Q(status="open")),
            models.Index(fields=["room", "kind"], name="report_of"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
