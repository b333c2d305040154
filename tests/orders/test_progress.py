import pytest

from orders import progress

TIERS = [[0, 4_000], [15_000, 2_500], [25_000, 0]]


@pytest.mark.parametrize(
    ("subtotal", "fee"),
    [(0, 4_000), (14_999, 4_000), (15_000, 2_500), (24_999, 2_500), (25_000, 0), (90_000, 0)],
)
def test_the_fee_follows_the_subtotal(subtotal: int, fee: int) -> None:
    assert progress.fee_at(TIERS, subtotal) == fee


def test_an_unknown_fee_is_not_nothing() -> None:
    assert progress.fee_at([], 20_000) is None
    assert progress.next_fee([], 20_000) is None
    assert progress.free_delivery([], 20_000) is None


def test_the_way_to_the_minimum_order() -> None:
    short = progress.min_order(15_000, 9_000)
    assert (short.missing, short.reached, short.percent) == (6_000, False, 60)
    assert (progress.min_order(15_000, 14_999).percent, progress.min_order(15_000, 14_999).reached) == (
        99,
        False,
    )
    assert progress.min_order(15_000, 15_000).reached
    assert progress.min_order(0, 0) == (0, 0)
    assert (progress.min_order(0, 0).percent, progress.min_order(10, 90).missing) == (100, 0)


def test_the_way_to_a_smaller_fee_and_to_none() -> None:
    assert progress.next_fee(TIERS, 9_000) == ((9_000, 15_000), 2_500)
    assert progress.next_fee(TIERS, 15_000) == ((15_000, 25_000), 0)
    assert progress.next_fee(TIERS, 25_000) is None
    assert progress.free_delivery(TIERS, 24_000) == (24_000, 25_000)
    assert progress.free_delivery([[0, 3_000]], 24_000) is None
