import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import actions
from accounts.actions import create_guest, deactivate, merge_guest, reactivate, upgrade_guest
from accounts.errors import AccountError
from accounts.models import Block, User
from accounts.signals import guest_merged

PASSWORD = "chopsticks-and-rice"
Heard = list[tuple[str, dict[str, Any]]]


def names(heard: Heard) -> list[str]:
    return [name for name, _ in heard]


def test_two_guests_may_share_a_nickname(db: None) -> None:
    one, two = (create_guest(nickname="맹구", locale="ko") for _ in range(2))
    assert one.pk != two.pk
    assert one.username is None
    assert not one.has_usable_password()


def test_two_accounts_may_not_differ_in_case_only(member: User) -> None:
    User.objects.create_user("Bona", PASSWORD)
    with pytest.raises(IntegrityError):
        User.objects.create_user("BONA", PASSWORD)


def test_an_upgraded_guest_is_the_same_row_with_a_username_and_a_password(guest: User, heard: Heard) -> None:
    upgraded = upgrade_guest(user=guest, nickname="맹구 대장", password=PASSWORD, email="m@example.com")
    assert upgraded.pk == guest.pk
    guest.refresh_from_db()
    assert (guest.nickname, guest.username, guest.is_guest) == ("맹구 대장", "맹구 대장", False)
    assert guest.check_password(PASSWORD)
    assert names(heard) == ["guest_upgraded"]


def test_upgrading_twice_changes_nothing_and_says_nothing(guest: User, heard: Heard) -> None:
    for _ in range(2):
        upgrade_guest(user=guest, nickname="맹구", password=PASSWORD)
    assert names(heard) == ["guest_upgraded"]


def test_a_full_account_cannot_be_upgraded(member: User) -> None:
    with pytest.raises(AccountError) as refused:
        upgrade_guest(user=member, nickname="다른 이름", password=PASSWORD)
    assert refused.value.code == "NOT_GUEST"


def test_a_taken_nickname_leaves_the_guest_as_it_was(guest: User, member: User, heard: Heard) -> None:
    with pytest.raises(AccountError) as refused:
        upgrade_guest(user=guest, nickname=member.nickname, password=PASSWORD)
    assert refused.value.code == "NICKNAME_TAKEN"
    guest.refresh_from_db()
    assert guest.is_guest
    assert heard == []


def test_a_merged_guest_becomes_one_of_the_identities(guest: User, member: User, heard: Heard) -> None:
    merge_guest(guest=guest, into=member)
    guest.refresh_from_db()
    assert (guest.merged_into, guest.is_active) == (member, False)
    assert member.identities() == [member.pk, guest.pk]
    assert names(heard) == ["guest_merged", "access_ended"]
    assert heard[1][1] == {"user": guest, "session_key": None}


def test_merging_twice_says_nothing_the_second_time(guest: User, member: User, heard: Heard) -> None:
    merge_guest(guest=guest, into=member)
    merge_guest(guest=guest, into=member)
    assert names(heard) == ["guest_merged", "access_ended"]


@pytest.mark.parametrize("case", ["full into full", "guest into guest", "into closed", "into another"])
def test_what_cannot_be_merged_is_refused(case: str, guest: User, member: User) -> None:
    other = User.objects.create_user("유리", PASSWORD)
    who, into, code = {
        "full into full": (other, member, "NOT_GUEST"),
        "guest into guest": (guest, create_guest(nickname="훈이", locale="ko"), "NOT_GUEST"),
        "into closed": (guest, other, "INACTIVE"),
        "into another": (guest, other, "MERGED"),
    }[case]
    if case == "into closed":
        deactivate(user=other)
    if case == "into another":
        merge_guest(guest=guest, into=member)
    with pytest.raises(AccountError) as refused:
        merge_guest(guest=who, into=into)
    assert refused.value.code == code
    assert refused.value.detail


def test_a_receiver_that_fails_undoes_the_merge(guest: User, member: User) -> None:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("no")

    guest_merged.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            merge_guest(guest=guest, into=member)
    finally:
        guest_merged.disconnect(fail)
    guest.refresh_from_db()
    assert (guest.merged_into, guest.is_active) == (None, True)


def test_a_new_password_ends_all_access_but_a_better_hash_does_not(member: User, heard: Heard) -> None:
    member.set_password("something-else-entirely")
    member.save()
    assert heard == [("access_ended", {"user": member, "session_key": None})]
    member.nickname = "철수"
    member.save()
    assert len(heard) == 1


def test_a_closed_account_ends_access_once_and_opens_again(member: User, heard: Heard) -> None:
    deactivate(user=member)
    deactivate(user=member)
    assert names(heard) == ["access_ended"]
    reactivate(user=member)
    member.refresh_from_db()
    assert member.is_active


def test_a_merged_guest_stays_closed(guest: User, member: User) -> None:
    merge_guest(guest=guest, into=member)
    with pytest.raises(AccountError) as refused:
        reactivate(user=guest)
    assert refused.value.code == "MERGED"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=guest.pk).update(is_active=True)


@pytest.mark.django_db(transaction=True)
def test_of_two_guests_who_want_one_nickname_at_once_one_gets_it() -> None:
    guests = [User.objects.create_guest(f"손님{n}") for n in range(2)]
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def take(guest: User) -> None:
        start.wait()
        try:
            upgrade_guest(user=guest, nickname="Bona", password=PASSWORD)
            outcomes.append("taken")
        except AccountError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[guest]) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["NICKNAME_TAKEN", "taken"]


def test_blocking_is_once_mutual_in_effect_and_taken_back(db: None) -> None:
    one, other, third = (User.objects.create_user(name) for name in ("짱구", "철수", "유리"))
    for _ in range(2):
        actions.block(user=one, blocked=other)
    assert Block.objects.count() == 1
    assert Block.objects.between(other, one).exists()
    assert not Block.objects.between(one, third).exists()
    for _ in range(2):
        actions.unblock(user=one, blocked=other)
    assert not Block.objects.exists()


def test_blocks_have_a_bound_and_not_oneself(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BLOCKS_MAX", 1)
    one, other, third = (User.objects.create_user(name) for name in ("짱구", "철수", "유리"))
    with pytest.raises(AccountError, match="NOT_YOURSELF"):
        actions.block(user=one, blocked=one)
    actions.block(user=one, blocked=other)
    with pytest.raises(AccountError, match="TOO_MANY_BLOCKS"):
        actions.block(user=one, blocked=third)


def test_blocks_of_a_guest_go_on_with_the_account(db: None) -> None:
    host, account, other = (User.objects.create_user(name) for name in ("짱구", "철수", "유리"))
    guest = User.objects.create_guest("맹구")
    actions.block(user=host, blocked=guest)
    actions.block(user=guest, blocked=other)
    actions.block(user=account, blocked=other)
    actions.block(user=account, blocked=guest)
    actions.merge_guest(guest=guest, into=account)
    assert set(Block.objects.values_list("user__nickname", "blocked__nickname")) == {
        ("짱구", "철수"),
        ("철수", "유리"),
    }
