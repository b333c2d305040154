"""The verbs about people. Each is one transaction; signals are sent inside it."""

from secrets import token_hex

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.errors import AccountError
from accounts.models import Block, ComeBack, User
from accounts.nicknames import clean_nickname, nickname_key
from accounts.signals import access_ended, account_deleted, account_deleting, guest_merged, guest_upgraded

LEFT = "떠난 사람"  # whoever deleted their account; many are
BLOCKS_MAX = 500  # that one person has: TOO_MANY_BLOCKS


def create_guest(*, nickname: str, locale: str) -> User:
    """A new guest; many may share a nickname, a room decides about its own. Raises ValidationError."""
    return User.objects.create_guest(nickname, locale=locale)


@transaction.atomic
def upgrade_guest(*, user: User, nickname: str, password: str, email: str = "") -> User:
    """Make the guest a full account: the same row, so rooms, entries and open sockets go on as they are.

    A double tap changes nothing the second time. Raises AccountError NICKNAME_TAKEN, NOT_GUEST or INACTIVE,
    ValidationError when it is no nickname. It is the caller's part to validate the password and to keep
    the session that rested on the old hash (`accounts.sessions.keep_signed_in`).
    """
    nickname = clean_nickname(nickname)
    locked = _locked(user)
    if not locked.is_guest:
        if locked.username == nickname_key(nickname) and locked.check_password(password):
            return locked
        raise AccountError("NOT_GUEST")
    if not locked.is_active:
        raise AccountError("INACTIVE")
    locked.nickname, locked.username = nickname, nickname_key(nickname)
    locked.email, locked.is_guest = email, False
    locked.password = make_password(password)  # not set_password(): a guest had none, so nobody's access ends
    try:
        with transaction.atomic():
            locked.save(update_fields=["nickname", "username", "email", "is_guest", "password"])
    except IntegrityError as taken:
        raise AccountError("NICKNAME_TAKEN") from taken
    guest_upgraded.send(User, user=locked)
    return locked


@transaction.atomic
def merge_guest(*, guest: User, into: User) -> None:
    """Make the guest part of a full account for good; whoever listens moves what the guest had.

    Doing it again changes nothing. Raises AccountError NOT_GUEST (also: `into` is a guest), INACTIVE
    (either of them) or MERGED (into somebody else).
    """
    pair = User.objects.select_for_update(no_key=True).filter(pk__in=[guest.pk, into.pk]).order_by("pk")
    people = {user.pk: user for user in pair}
    guest, into = people[guest.pk], people[into.pk]
    if guest.merged_into_id == into.pk:
        return
    if guest.merged_into_id is not None:
        raise AccountError("MERGED")
    if not guest.is_guest or into.is_guest:
        raise AccountError("NOT_GUEST")
    if not guest.is_active or not into.is_active:
        raise AccountError("INACTIVE")
    guest.merged_into, guest.is_active = into, False
    guest.save(update_fields=["merged_into", "is_active"])
    _move_blocks(guest, into)
    guest_merged.send(User, guest=guest, into=into)
    access_ended.send(User, user=guest, session_key=None)


def _move_blocks(guest: User, into: User) -> None:
    """Who avoids the guest avoids the account, and the other way round; nobody comes to avoid themselves."""
    theirs = guest.blocks.exclude(blocked=into).values_list("blocked", flat=True)
    against = Block.objects.filter(blocked=guest).exclude(user=into).values_list("user", flat=True)
    moved = [Block(user=into, blocked_id=pk) for pk in theirs] + [
        Block(user_id=pk, blocked=into) for pk in against
    ]
    Block.objects.bulk_create(moved, ignore_conflicts=True)
    Block.objects.filter(Q(user=guest) | Q(blocked=guest)).delete()


@transaction.atomic
def deactivate(*, user: User) -> None:
    """Close the account: no sign-in, every open socket goes. Doing it again changes nothing."""
    if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        user.is_active = False
        access_ended.send(User, user=user, session_key=None)


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Make the person 떠난 사람 for good: no name, address, password or access; what they wrote and sums of money stay,
    without a name. Doing it again changes nothing.

    Raises what a receiver of `account_deleting` refuses with: AccountError OPEN_BALANCE or HOSTING, or what keeps them
    in a room.
    """
    locked = _locked(user)
    if locked.deleted_at is not None:
        return
    account_deleting.send(User, user=locked)
    account_deleted.send(User, user=locked)
    Block.objects.filter(Q(user=locked) | Q(blocked=locked)).delete()
    ComeBack.objects.filter(user=locked).delete()
    locked.nickname, locked.email, locked.is_active = LEFT, "", False
    locked.username = None if locked.is_guest else f"left {locked.pk} {token_hex(8)}"
    locked.password = make_password(None)
    locked.is_staff = locked.is_superuser = False
    locked.deleted_at = timezone.now()
    locked.save()
    EmailAddress.objects.filter(user=locked).delete()
    access_ended.send(User, user=locked, session_key=None)


@transaction.atomic
def reactivate(*, user: User) -> None:
    """Open a closed account again. Raises AccountError DELETED, or MERGED for a guest that became part of another."""
    locked = _locked(user)
    if locked.merged_into_id is not None:
        raise AccountError("MERGED")
    if locked.deleted_at is not None:
        raise AccountError("DELETED")
    locked.is_active = True
    locked.save(update_fields=["is_active"])


def choose_language(*, user: User, locale: str) -> None:
    """The language pages and notices come in; `locale` is one of `settings.LANGUAGES`."""
    User.objects.filter(pk=user.pk).update(locale=locale)


@transaction.atomic
def block(*, user: User, blocked: User) -> None:
    """Have nothing to do with somebody any more; doing it again changes nothing, and they are not told.

    Raises AccountError NOT_YOURSELF or TOO_MANY_BLOCKS.
    """
    if user.pk == blocked.pk:
        raise AccountError("NOT_YOURSELF")
    _locked(user)
    if user.blocks.filter(blocked=blocked).exists():
        return
    if user.blocks.count() >= BLOCKS_MAX:
        raise AccountError("TOO_MANY_BLOCKS")
    Block.objects.create(user=user, blocked=blocked)


def unblock(*, user: User, blocked: User) -> None:
    """Take a block back; without one nothing changes."""
    user.blocks.filter(blocked=blocked).delete()


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)
