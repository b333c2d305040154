"""People: full accounts sign in by nickname and password, guests come by an invitation link."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.nicknames import KEY_MAX, NICKNAME_MAX, clean_nickname, nickname_key
from accounts.signals import access_ended

__all__ = [
    "LOCALES",
    "NICKNAME_MAX",
    "TOKEN_NAME_MAX",
    "AccessToken",
    "AuditEntry",
    "Block",
    "ComeBack",
    "User",
    "UserManager",
    "nickname_key",
]

LOCALES = [("ko", "한국어"), ("en", "English")]
REASON_MAX = 200  # of an operator, in words
TOKEN_NAME_MAX = 40
KEY_PREFIX = "token:"  # what AccessToken.access_key begins with


class UserManager(BaseUserManager["User"]):
    def create_user(self, nickname: str, password: str | None = None, **fields: Any) -> "User":
        """A full account. Raises ValidationError, or IntegrityError when the nickname is taken."""
        nickname = clean_nickname(nickname)
        user = self.model(nickname=nickname, username=nickname_key(nickname), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        fields = {"is_staff": True, "is_superuser": True, **fields}
        return self.create_user(fields.pop("nickname", username), password, **fields)

    def create_guest(self, nickname: str, *, locale: str = "ko") -> "User":
        """A guest has no username and no password: only the session made for it lets anyone be it."""
        user = self.model(nickname=clean_nickname(nickname), username=None, is_guest=True, locale=locale)
        user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """By nickname, however it is written: `manage.py changepassword 짱구` finds it too."""
        return self.get(username=nickname_key(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person. People are anonymised or merged, never deleted: entries keep pointing at them."""

    nickname = models.CharField(_("nickname"), max_length=NICKNAME_MAX)
    username = models.CharField(max_length=KEY_MAX, unique=True, null=True, blank=True, editable=False)
    email = models.EmailField(_("e-mail"), blank=True)
    is_guest = models.BooleanField(_("guest"), default=False)
    locale = models.CharField(_("language"), max_length=8, default="ko", choices=LOCALES)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("merged into"),
        related_name="merged_guests",
        null=True,
        blank=True,
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_guest=True) | ~Q(username=None), name="account_has_username"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(is_active=False), name="merged_inactive"
            ),
        ]
        indexes = [
            # sign-up and password reset look addresses up; the admin looks for beginnings of nicknames
            models.Index(fields=["email"], name="user_email", condition=~Q(email="")),
            models.Index(fields=["nickname"], name="user_nickname", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.nickname

    def get_short_name(self) -> str:
        return self.nickname

    def identities(self) -> list[int]:
        """Ids of this person: their own first, then those of guests merged into them. One query."""
        return [self.pk, *self.merged_guests.order_by("pk").values_list("pk", flat=True)]

    def avoided(self) -> set[int]:
        """Ids of those this person has blocked and of guests merged into them: whose talk is folded. One query."""
        blocked = self.blocks.values("blocked")
        people = User.objects.filter(Q(pk__in=blocked) | Q(merged_into__in=blocked))
        return set(people.values_list("pk", flat=True))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends all access that rested on the old one, whichever form or command set it."""
        changed = getattr(self, "_password", None) is not None and not self._state.adding
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            if changed:
                access_ended.send(type(self), user=self, session_key=None)


class BlockQuerySet(models.QuerySet["Block"]):
    def between(self, one: Any, other: Any) -> Self:
        """Of either against the other; each is a User, an id or an OuterRef."""
        return self.filter(Q(user=one, blocked=other) | Q(user=other, blocked=one))


class Block(models.Model):
    """`user` wants nothing to do with `blocked`, who is not told."""

    user = models.ForeignKey(User, models.CASCADE, related_name="blocks", verbose_name=_("person"))
    blocked = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("blocked"))
    since = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = [
            models.UniqueConstraint(fields=["user", "blocked"], name="one_block"),
            models.CheckConstraint(condition=~Q(user=models.F("blocked")), name="not_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} blocks {self.blocked_id}"


class ComeBack(models.Model):
    """A guest's private link into another browser. Only the hash of its secret is kept: who reads the table gets in
    nowhere. Void as soon as the guest is a full account."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="come_back")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret, hexadecimal
    since = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link of {self.user_id}"


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def live(self) -> Self:
        """Neither revoked nor expired, of an open account."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at=None, user__is_active=True)


class AccessToken(models.Model):
    """Lets a program be this person towards the chat's interfaces (accounts/access_tokens.py). Only the hash of its
    secret is kept: who reads the table gets in nowhere."""

    user = models.ForeignKey(User, models.CASCADE, related_name="access_tokens", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=TOKEN_NAME_MAX)
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256, hexadecimal
    since = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("void since"), null=True, editable=False)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return f"{self.name} · {self.user_id}"

    @property
    def access_key(self) -> str:
        """What `accounts.signals.access_ended` calls it; never a session's key, which has no colon."""
        return f"{KEY_PREFIX}{self.pk}"


class AuditEntry(models.Model):
    """What an operator did, to what, and why. Append-only: a trigger of migration 0003 refuses anything else.

    Django's own LogEntry cannot say it: its rows can be changed, it has no reason, and entering a room changes nothing.
    """

    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    operator = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("operator"))
    action = models.CharField(_("action"), max_length=40)
    model = models.CharField(_("kind"), max_length=60)  # app_label.model
    object_id = models.BigIntegerField(_("number"))
    label = models.CharField(_("what"), max_length=120)  # as it was called then
    reason = models.CharField(_("reason"), max_length=REASON_MAX)

    class Meta:
        verbose_name = _("operators' record")
        verbose_name_plural = _("operators' records")
        indexes = [models.Index(fields=["model", "object_id", "id"], name="audit_of")]

    def __str__(self) -> str:
        return f"{self.action} {self.model} {self.object_id}"
