"""The demo's neighbourhood: made by the verbs, sound, the same each time, and never by accident."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from chat.models import Entry
from orders import demo, plan
from orders.management.commands import demo as command
from orders.models import OVER, Due, Item, Notification, Payment, Poll, Post, Seat, State

FATES = [
    "recruiting",
    "alone",
    "full",
    "closed",
    "locked",
    "settled",
    "short",
    "called_off",
    "silent",
    "arrived",
    "ordered",
    "due",
    "paying",
    "refunding",
    "refunded",
    "unsettled",
]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def street() -> None:
    assert demo.fill("chopsticks-and-rice", fates=FATES, entries=700) == len(FATES)


@pytest.fixture(autouse=True)
def note(settings: Any, tmp_path: Any, monkeypatch: Any) -> Any:
    monkeypatch.setattr(command, "NOTE", tmp_path / "demo-accounts.json")
    return command.NOTE


def every_state_there_is_and_a_sound_timeline() -> None:
    assert set(Post.objects.values_list("state", flat=True)) == set(State)
    assert Entry.objects.count() >= 700
    call_command("check_timeline")
    reasons = set(Post.objects.filter(state="CANCELED").values_list("cancel_reason", flat=True))
    assert reasons == {"short", "host", "silent", "refunded"}
    for room in Post.objects.values_list("pk", flat=True):
        times = list(Entry.objects.filter(room_id=room).order_by("seq").values_list("at", flat=True))
        assert times == sorted(times)
        assert times[-1] <= timezone.now()


def what_stands_in_the_rows_agrees() -> None:
    for post in Post.objects.all():
        assert post.seats_taken == Seat.objects.active().filter(post=post).count()
        assert post.created_at <= post.state_at
        assert (post.writable_until is not None) == (post.state in OVER)
        if post.state == State.RECRUITING:
            assert post.deadline_at > timezone.now()
        assert post.due_at == plan.next_look(post)
    ordered = Post.objects.get(state="ORDERED")
    assert Item.objects.filter(post=ordered).exists()
    assert Post.objects.filter(hidden_at__isnull=False).count() == 1, "one that three have reported"


def money_of_every_kind_and_polls() -> None:
    assert set(Payment.objects.values_list("op", flat=True)) == set(Payment.Op)
    ended = set(Post.objects.filter(state="DONE").values_list("pk", flat=True))
    unsettled = set(Due.objects.open().filter(post__in=ended).values_list("post", flat=True))
    assert len(ended - unsettled) == len(unsettled) == 1
    assert Due.objects.filter(balance__lt=0).exists()
    for made in Payment.objects.select_related("post"):
        assert made.post.created_at < made.at <= timezone.now()
    assert Poll.objects.open().exists()
    assert Poll.objects.exclude(closed_at=None).exists()
    assert Notification.objects.filter(code="claimed").exists()
    assert not Notification.objects.filter(created_at__gt=timezone.now()).exists()


def a_clock_that_runs_beside_it_changes_nothing_at_once() -> None:
    from orders.clock import run_due

    before = list(Post.objects.order_by("pk").values_list("pk", "state"))
    run_due()
    assert list(Post.objects.order_by("pk").values_list("pk", "state")) == before


def test_the_neighbourhood_is_believable(street: None) -> None:
    """One street for all of these: it takes nine seconds to make."""
    every_state_there_is_and_a_sound_timeline()
    what_stands_in_the_rows_agrees()
    money_of_every_kind_and_polls()
    a_clock_that_runs_beside_it_changes_nothing_at_once()


def test_filling_again_adds_nothing_and_an_interrupted_one_is_finished(street: None) -> None:
    posts, people = Post.objects.count(), User.objects.count()
    assert demo.fill("chopsticks-and-rice", fates=FATES, entries=700) == 0
    assert (Post.objects.count(), User.objects.count()) == (posts, people)
    assert demo.fill("chopsticks-and-rice", fates=[*FATES, "alone"], entries=700) == 1


def test_the_command_is_for_a_trial_only(settings: Any) -> None:
    for here, https in ((False, False), (True, True)):
        settings.DEMO, settings.HTTPS = here, https
        with pytest.raises(CommandError, match="trial"):
            call_command("demo")
    assert not User.objects.exists()


def test_the_command_leaves_other_people_s_installations_alone(settings: Any, note: Any) -> None:
    settings.DEMO, settings.HTTPS = True, False
    User.objects.create_user("짱구")
    with pytest.raises(CommandError, match="people already"):
        call_command("demo")
    call_command("demo", if_empty=True)
    assert not Post.objects.exists()


def test_the_command_fills_an_empty_one_and_tells_who_can_sign_in(
    settings: Any, note: Any, monkeypatch: Any, capsys: Any
) -> None:
    settings.DEMO, settings.HTTPS = True, False
    fill = demo.fill
    monkeypatch.setattr(demo, "fill", lambda password: fill(password, fates=["alone"], entries=10))
    call_command("demo")
    assert "짱구" in capsys.readouterr().out
    assert note.stat().st_mode & 0o077 == 0
    password = next(iter(command.Command()._accounts().values()))
    assert User.objects.get(nickname="수현").check_password(password)
    call_command("demo")
    assert "complete" in capsys.readouterr().out
