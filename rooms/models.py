"""Rooms, who is in them and how one gets in. Knows nothing of messages."""

import secrets
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User

TITLE_MAX = 60


def public_id() -> str:
    """72 random bits, URL-safe: nobody walks through the rooms by counting."""
    return secrets.token_urlsafe(9)


def invitation_code() -> str:
    """96 random bits, URL-safe."""
    return secrets.token_urlsafe(12)


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: User) -> Self:
        """Rooms whose content the user may read: those they are a member of."""
        return self.filter(memberships__user=user, memberships__left_at=None)

    def known_to(self, user: User) -> Self:
        """Rooms the user is or once was in: that they exist is no secret to them."""
        return self.filter(models.Exists(Membership.objects.filter(user=user, room=models.OuterRef("pk"))))

    def open_to(self, user: User) -> Self:
        """Open rooms that the user could join: neither in them nor removed from them."""
        inside = Membership.objects.active().filter(user=user)
        barred = inside.values("room").union(Membership.objects.removed(user).values("room"), all=True)
        return self.filter(is_open=True).exclude(pk__in=barred)


class Room(models.Model):
    """A place for people to talk; without a host until a full member comes, if the last one has left."""

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    title = models.CharField(_("name"), max_length=TITLE_MAX)
    is_open = models.BooleanField(_("open to everybody"), default=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    request_key = models.UUIDField(null=True, editable=False)  # of the form: a double tap makes one room

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            UniqueConstraint(fields=["created_by", "request_key"], name="one_room_per_request"),
        ]
        indexes = [models.Index(fields=["-created_at"], name="open_rooms", condition=Q(is_open=True))]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/rooms/{self.public_id}/"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> Self:
        return self.filter(left_at=None)

    def removed(self, user: User) -> Self:
        """Stays of this person, or of a guest merged into them, that a host has ended."""
        identities = User.objects.filter(Q(pk=user.pk) | Q(merged_into=user)).values("pk")
        return self.filter(user__in=identities, ended_by=Membership.Ended.REMOVED)

    def avoided_by(self, user: User) -> Self:
        """Of people whom the user has blocked."""
        return self.filter(user__in=user.blocks.values("blocked"))

    def full(self) -> Self:
        """Of people with a full account: those who may be host."""
        return self.filter(user__is_guest=False, user__is_active=True)

    def by_standing(self) -> Self:
        """The longest-standing first."""
        return self.order_by("joined_at", "pk")


class Membership(models.Model):
    """One stay of one person in one room; coming back is a new row."""

    class Role(models.TextChoices):
        HOST = "host", _("host")
        MEMBER = "member", _("member")

    class Ended(models.TextChoices):
        LEFT = "left", _("left")
        REMOVED = "removed", _("removed")
        MERGED = "merged", _("merged")

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships", verbose_name=_("room"))
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=8, choices=Ended, blank=True)
    request_key = models.UUIDField(
        null=True, editable=False
    )  # of a guest's form: a double tap makes one guest

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            UniqueConstraint(
                fields=["room", "user"], condition=Q(left_at=None), name="one_active_membership"
            ),
            UniqueConstraint(fields=["room"], condition=Q(left_at=None, role="host"), name="one_host"),
            CheckConstraint(
                condition=Q(left_at=None, ended_by="") | (~Q(left_at=None) & ~Q(ended_by="")),
                name="ended_says_how",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.room}"

    @property
    def is_host(self) -> bool:
        return self.role == self.Role.HOST and self.left_at is None


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> Self:
        """Neither revoked nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class Invitation(models.Model):
    """A link that lets its bearer into one room, until it expires or is revoked."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="invitations", verbose_name=_("room"))
    code = models.CharField(_("code"), max_length=24, unique=True, default=invitation_code, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.room} · {self.code}"

    def get_absolute_url(self) -> str:
        return reverse("rooms:invitation", args=[self.code])

    @property
    def refusal(self) -> str:
        """The code of what is wrong with it; empty while it is usable."""
        if self.revoked_at is not None:
            return "INVITATION_REVOKED"
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return "INVITATION_EXPIRED"
        return ""
