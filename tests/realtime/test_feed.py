"""The order of one room, whatever arrives when."""

from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.entry import LiveEntry
from chat.realtime.feed import HELD_MAX, RING_MAX, Feed


def entry(seq: int) -> LiveEntry:
    return LiveEntry(seq, b"{}", {})


def seqs(entries: object) -> list[int]:
    return [e.seq for e in entries]


@given(st.lists(st.integers(1, 40), max_size=120), st.integers(0, 10))
def test_any_arrivals_deliver_the_longest_run_once_and_in_order(arrivals: list[int], head: int) -> None:
    feed, delivered = Feed(), []
    delivered += seqs(feed.start(head))
    for seq in arrivals:
        delivered += seqs(feed.accept([entry(seq)]))
    run = head
    while run + 1 in arrivals:
        run += 1
    assert delivered == list(range(head + 1, run + 1))
    assert feed.position == run
    assert feed.gap == any(seq > run for seq in arrivals)


@given(st.permutations(list(range(1, 30))), st.integers(0, 29), st.integers(0, 29))
def test_what_arrives_before_the_first_read_is_kept(order: list[int], early: int, head: int) -> None:
    feed = Feed()
    assert feed.accept(map(entry, order[:early])) == []
    delivered = seqs(feed.start(head)) + seqs(feed.accept(map(entry, order[early:])))
    assert delivered == list(range(head + 1, 30))


@given(st.lists(st.lists(st.integers(1, 60), max_size=10), max_size=20), st.integers(0, 60))
def test_live_events_and_repairs_in_any_interleaving_give_the_timeline(
    batches: list[list[int]], repair_at: int
) -> None:
    feed, delivered = Feed(), []
    feed.start(0)
    for number, batch in enumerate(batches):
        delivered += seqs(feed.accept(map(entry, batch)))
        if number == repair_at % (
            len(batches) or 1
        ):  # the gap is read from the timeline, overlapping what is held
            delivered += seqs(feed.accept(map(entry, range((feed.position or 0) + 1, 31))))
    delivered += seqs(feed.accept(map(entry, range((feed.position or 0) + 1, 61))))
    assert delivered == list(range(1, 61))


def test_too_many_held_entries_are_left_to_the_timeline() -> None:
    feed = Feed()
    feed.start(0)
    feed.accept(map(entry, range(2, HELD_MAX + 100)))
    assert feed.behind
    assert feed.expected == HELD_MAX + 99
    assert seqs(feed.accept([entry(1)])) == list(range(1, HELD_MAX + 2))
    assert feed.behind, "what was dropped is known to be missing"


def test_recent_entries_are_at_hand_until_the_ring_forgets_them() -> None:
    feed = Feed()
    feed.start(0)
    feed.accept(map(entry, range(1, RING_MAX + 11)))
    assert feed.recent(RING_MAX + 10) == []
    assert seqs(feed.recent(10)) == list(range(11, RING_MAX + 11))
    assert feed.recent(9) is None
    assert feed.recent(RING_MAX + 11) is None


def test_giving_up_forgets_what_came_before() -> None:
    feed = Feed()
    feed.start(0)
    feed.accept([entry(1), entry(7), entry(12)])
    feed.skip_to(10)
    assert feed.position == 10
    assert feed.recent(10) == []
    assert feed.recent(5) is None
    assert seqs(feed.accept([entry(11)])) == [11, 12]
