"""Links and account numbers: whatever is typed, only what is exactly right comes through."""

import string
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orders import banks
from orders.errors import OrderError

HOSTS = {"toss.me", "qr.kakaopay.com"}
PARTS = [
    "https://", "http://", "HTTPS://", "//", "/", "\\", "@", ":", "#", "?", "%2F", "%00", "\t", "\n", "\u200b", ".",
    "toss.me", "TOSS.ME", "toss.me.evil.example", "evil.example", "qr.kakaopay.com", "xqr.kakaopay.com", "тoss.me",
    "javascript:", "data:", "user", "443", "abc", "Ej8GGJlqS", "한글", " ",
]  # fmt: skip


def outcome(parse: Callable[[str], str], typed: str) -> str:
    """What was kept, or the code of the refusal."""
    try:
        return parse(typed)
    except OrderError as error:
        return error.code


@given(st.lists(st.sampled_from(PARTS), max_size=8).map("".join) | st.text(max_size=120))
@example("https://toss.me/abc")
@example("https://toss.me@evil.example/abc")
@example("https://toss.me:443/abc")
@example("https://toss.me\\@evil.example/abc")
@example("https://toss.me/abc\n")
@example("https://qr.kakaopay.com/Ej8GGJlqS#x")
def test_a_link_leads_to_one_of_two_hosts_or_is_refused(typed: str) -> None:
    kept = outcome(banks.link, typed)
    if kept == "ACCOUNT_LINK":
        return
    if not typed.strip():
        assert kept == ""
        return
    parts = urlsplit(kept)
    assert kept == typed.strip()
    assert kept.isascii()
    assert (parts.scheme, parts.query, parts.fragment) == ("https", "", "")
    assert parts.netloc in HOSTS  # so neither a user nor a port
    assert set(parts.path) <= set(string.ascii_letters + string.digits + "_-/")
    assert len(parts.path) > 1


@pytest.mark.parametrize("typed", ["https://toss.me/rualone", "https://qr.kakaopay.com/Ej8GGJlqS", " ", ""])
def test_a_plain_link_stands(typed: str) -> None:
    assert banks.link(typed) == typed.strip()


@pytest.mark.parametrize(
    "typed",
    [
        "http://toss.me/abc", "https://toss.me", "https://toss.me/", "https://www.toss.me/abc", "https://toss.me./abc",
        "https://TOSS.me/abc", "toss.me/abc", "https://toss.me/abc?x=1", "https://toss.me/a/b", "x" * 10_000,
        "https://toss.me/" + "a" * 61, "https://evil.example/https://toss.me/abc", "supertoss://send?bank=x", "https://tоss.me/abc",
    ],
)  # fmt: skip
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(OrderError) as info:
        banks.link(typed)
    assert info.value.code == "ACCOUNT_LINK"


@given(st.text(max_size=60) | st.text(alphabet="0123456789- ", max_size=60))
@example("3333-01-2345678")
@example("٣٣٣٣٠١٢٣٤٥٦٧٨")
@example("１２３４５６７８９０１２")
def test_an_account_number_is_ten_to_sixteen_plain_digits(typed: str) -> None:
    digits = typed.replace("-", "").replace(" ", "")
    right = len(typed) <= 40 and 10 <= len(digits) <= 16 and set(digits) <= set("0123456789")
    assert outcome(banks.number, typed) == (digits if right else "ACCOUNT_NUMBER")


@given(
    st.sampled_from(sorted(banks.BANKS)),
    st.text(alphabet="0123456789", min_size=10, max_size=16),
    st.integers(1, 10**9),
)
def test_the_link_to_toss_says_bank_number_and_sum_and_no_more(code: str, digits: str, won: int) -> None:
    link = banks.toss_link(code, digits, won)
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("supertoss", "send", "", "")
    assert parse_qs(parts.query, strict_parsing=True) == {
        "bank": [banks.BANKS[code].toss],
        "accountNo": [digits],
        "amount": [str(won)],
        "origin": ["qr"],
    }
    assert link.isascii()
    assert not set(link) & set("\"'<> \\")


def test_the_link_to_toss_as_it_stands_in_its_own_codes() -> None:
    assert banks.toss_link("090", "3333012345678", 7_334) == (
        "supertoss://send?bank=%EC%B9%B4%EC%B9%B4%EC%98%A4%EB%B1%85%ED%81%AC"
        "&accountNo=3333012345678&amount=7334&origin=qr"
    )


@pytest.mark.parametrize(
    ("digits", "won"), [("3333012345678&x", 1), ("", 1), ("3333012345678", 0), ("3333012345678", -1)]
)
def test_no_link_to_toss_of_anything_else(digits: str, won: int) -> None:
    with pytest.raises(ValueError, match="digits"):
        banks.toss_link("090", digits, won)


@given(st.text(alphabet="0123456789", min_size=10, max_size=16))
def test_a_masked_number_shows_its_last_four_digits(digits: str) -> None:
    assert banks.masked(digits) == "•" * (len(digits) - 4) + digits[-4:]
