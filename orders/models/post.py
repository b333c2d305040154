"""A recruitment post: one to one with the room in which its people talk."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import bounds
from orders.models.choices import OVER, Category, State
from orders.models.listing import PostQuerySet
from rooms.models import Room


class Post(models.Model):
    """Its key, public id and title are the room's; its author is `room.created_by`, its host `host`.

    Three versions: `post_v` (fields and state), `cart_v`, `share_v`. Changed by verbs only, under the room's lock.
    """

    room = models.OneToOneField(Room, models.PROTECT, primary_key=True, related_name="post")
    # as the host's membership says, kept in step by rooms' signals; null while a room has no full member
    host = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="hosted_posts", verbose_name=_("host")
    )
    host_offered_to = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    shop = models.CharField(_("shop"), max_length=bounds.SHOP_MAX)
    category = models.CharField(_("category"), max_length=12, choices=Category)
    meeting_at = models.DateTimeField(_("meeting"))
    deadline_at = models.DateTimeField(_("deadline"))
    place = models.CharField(_("place"), max_length=bounds.PLACE_MAX)
    # for members only: never in entries, exports or logs
    place_note = models.CharField(_("private note"), max_length=bounds.PLACE_NOTE_MAX, blank=True)
    min_people = models.PositiveSmallIntegerField(_("smallest number of people"))
    capacity = models.PositiveSmallIntegerField(_("largest number of people"))
    min_order_won = models.PositiveIntegerField(_("minimum order"), default=0)
    fee_tiers = models.JSONField(
        _("delivery fees"), default=list, blank=True
    )  # [[from subtotal, fee], …]; [] unknown

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.RECRUITING)
    cancel_reason = models.CharField(_("reason"), max_length=12, blank=True)  # code, see kinds.OrderState
    cancel_note = models.CharField(_("reason in words"), max_length=bounds.REASON_MAX, blank=True)
    post_v = models.PositiveIntegerField(default=1)
    cart_v = models.PositiveIntegerField(default=0)
    share_v = models.PositiveIntegerField(default=0)
    unit = models.PositiveSmallIntegerField(_("rounded to"), null=True)  # of shares, from the first issue on
    receipt_won = models.PositiveBigIntegerField(
        _("receipt"), null=True
    )  # what the shop took, if the host says so
    refund_proposed_at = models.DateTimeField(null=True, editable=False)
    refund_proposed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, db_index=False, related_name="+"
    )
    seats_taken = models.PositiveSmallIntegerField(_("people"), default=1)

    created_at = models.DateTimeField(_("posted"), default=timezone.now, editable=False)
    state_at = models.DateTimeField(default=timezone.now, editable=False)  # since when it is in its state
    closed_at = models.DateTimeField(null=True, editable=False)
    locked_at = models.DateTimeField(null=True, editable=False)
    ordered_at = models.DateTimeField(null=True, editable=False)
    arrived_at = models.DateTimeField(null=True, editable=False)
    shares_issued_at = models.DateTimeField(null=True, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    canceled_at = models.DateTimeField(null=True, editable=False)
    writable_until = models.DateTimeField(null=True, editable=False)  # of a post that is over
    hidden_at = models.DateTimeField(
        _("hidden since"), null=True, editable=False
    )  # from lists, by reports or an operator

    # the clock's: when it looks next, notices of the present state (code to time), when it last heard of the host
    due_at = models.DateTimeField(null=True, editable=False)
    reminded = models.JSONField(default=dict, editable=False)
    host_seen_at = models.DateTimeField(null=True, editable=False)
    polls_due_at = models.DateTimeField(null=True, editable=False)  # when the next open poll closes by itself

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints = [
            models.CheckConstraint(
                condition=Q(min_people__gte=bounds.PEOPLE_MIN)
                & Q(min_people__lte=F("capacity"))
                & Q(capacity__lte=bounds.PEOPLE_MAX),
                name="post_people",
            ),
            models.CheckConstraint(condition=Q(seats_taken__lte=F("capacity")), name="post_seats"),
            models.CheckConstraint(
                condition=Q(share_v=0, unit=None) | (Q(share_v__gt=0) & Q(unit__in=[1, 10, 100])),
                name="post_unit",
            ),
            models.CheckConstraint(condition=Q(deadline_at__lt=F("meeting_at")), name="post_times"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="post_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["state", "meeting_at", "room"], name="post_meeting"),
            models.Index(fields=["state", "created_at", "room"], name="post_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.shop} · {self.room_id}"

    def get_absolute_url(self) -> str:
        return f"/p/{self.public_id}/"

    @property
    def public_id(self) -> str:
        return self.room.public_id

    @property
    def title(self) -> str:
        return self.room.title

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def seats_left(self) -> int:
        """Seats not taken; one is free for a newcomer only while nobody waits (`PostQuerySet.with_waiting`)."""
        return max(self.capacity - self.seats_taken, 0)

    def is_read_only(self, now: datetime) -> bool:
        """Over for so long that nothing can be written any more."""
        return self.writable_until is not None and now >= self.writable_until
