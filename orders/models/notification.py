"""What one person is told of, wherever they are: on their page and at the head of every page."""

from typing import Self

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders.models.post import Post

CODE_MAX = 24
KEY_MAX = 100


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of(self, user: User) -> Self:
        """Theirs, the newest first. Nobody else's page asks for them."""
        return self.filter(user=user).order_by("-pk")

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(models.Model):
    """A line for one person, as data: `orders.notifications` makes the text when it is shown.

    `key` says what it is about; with the person it is unique, so a verb or a clock that comes twice tells once.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications", verbose_name=_("person"))
    code = models.CharField(_("code"), max_length=CODE_MAX)
    post = models.ForeignKey(Post, models.CASCADE, null=True, related_name="+", verbose_name=_("post"))
    args = models.JSONField(default=dict)
    key = models.CharField(max_length=KEY_MAX)
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    read_at = models.DateTimeField(_("read"), null=True, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [UniqueConstraint(fields=["user", "key"], name="notified_once")]
        indexes = [
            models.Index(fields=["user", "id"], name="notification_page"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
            models.Index(fields=["created_at"], name="notification_age"),
        ]

    def __str__(self) -> str:
        return f"{self.code} for {self.user_id}"
