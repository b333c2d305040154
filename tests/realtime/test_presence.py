"""Who is here is a lease: people of a dead worker fade."""

from chat.realtime.presence import LEASE, Presence


def test_people_of_all_workers_are_present_once() -> None:
    presence = Presence(lambda: 0.0)
    assert presence.arrive(1, 5)
    assert not presence.arrive(1, 5), "a second tab changes nothing"
    assert presence.lease(1, "other", [5, 6])
    assert not presence.lease(1, "other", [6, 5])
    assert presence.present(1) == [5, 6]
    assert not presence.depart(1, 5)
    assert presence.depart(1, 5)
    assert presence.local(1) == []
    assert presence.lease(1, "other", [])
    assert presence.present(1) == []


def test_a_dead_workers_people_fade_and_the_rooms_that_changed_are_told() -> None:
    now = 0.0
    presence = Presence(lambda: now)
    presence.lease(1, "dead", [7])
    presence.lease(2, "alive", [8])
    now = LEASE - 1
    presence.lease(2, "alive", [8])
    assert presence.expired() == []
    now = LEASE + 1
    assert presence.expired() == [1]
    assert presence.present(1) == []
    assert presence.present(2) == [8]
    assert presence.expired() == []
