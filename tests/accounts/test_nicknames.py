import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.nicknames import KEY_MAX, NICKNAME_MAX, clean_nickname, nickname_key

TEXT = st.text(st.characters(), max_size=30)


def outcome(raw: str) -> tuple[str | None, str]:
    try:
        return clean_nickname(raw), ""
    except ValidationError as refused:
        return None, refused.code


def refusal(raw: str) -> str:
    with pytest.raises(ValidationError) as refused:
        clean_nickname(raw)
    return refused.value.code


@given(TEXT)
def test_a_nickname_is_either_refused_with_a_code_or_clean_for_good(raw: str) -> None:
    nickname, code = outcome(raw)
    if nickname is None:
        assert code in {"empty", "too_long", "invisible", "marks"}
        return
    assert clean_nickname(nickname) == nickname
    assert 1 <= len(nickname) <= NICKNAME_MAX
    assert nickname == unicodedata.normalize("NFC", nickname).strip()
    assert not any(unicodedata.category(char)[0] in "C" or char in "\n\t" for char in nickname)


@given(TEXT)
@example("ΐ" * NICKNAME_MAX)
@example("ﬃ" * NICKNAME_MAX)
@example("İstanbul")
@example("Ꭰꭰ")
def test_a_key_is_stable_and_fits_its_column(raw: str) -> None:
    key = nickname_key(raw)
    assert nickname_key(key) == key
    assert key.lower() == key  # allauth compares usernames in lower case
    nickname, _ = outcome(raw)
    assert nickname is None or 1 <= len(nickname_key(nickname)) <= KEY_MAX


@given(TEXT)
def test_case_and_composition_do_not_make_a_different_nickname(raw: str) -> None:
    assert nickname_key(unicodedata.normalize("NFD", raw)) == nickname_key(raw)
    assert nickname_key(f"  {raw} ") == nickname_key(raw)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("짱구", "짱구"),
        (unicodedata.normalize("NFD", "짱구"), "짱구"),
        ("  흰둥이  ", "흰둥이"),
        ("신  짱구", "신 짱구"),
        ("Zoë", "Zoë"),
        ("❤️", "❤"),
        ("🍜", "🍜"),
        ("일" * 20, "일" * 20),
        ("Nguyễn", "Nguyễn"),
    ],
)
def test_what_people_type_is_kept(raw: str, shown: str) -> None:
    assert clean_nickname(raw) == shown


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("\u3000\u00a0", "empty"),
        ("일" * 21, "too_long"),
        ("a" * 5000, "too_long"),
        ("\u3164", "invisible"),  # Hangul filler, the classic blank name
        ("\u115f\u1160", "invisible"),
        ("\uffa0", "invisible"),
        ("\u2800", "invisible"),
        ("짱\u200b구", "invisible"),
        ("\u202eevil", "invisible"),
        ("\u2066a\u2069", "invisible"),
        ("a\x00b", "invisible"),
        ("a\nb", "invisible"),
        ("\ud800", "invisible"),
        ("\ue000", "invisible"),
        ("\u0301", "marks"),
        ("a" + "\u0316" * 9, "marks"),
        ("a \u0301b", "marks"),
    ],
)
def test_what_cannot_be_seen_or_is_too_long_is_refused(raw: str, code: str) -> None:
    assert refusal(raw) == code


def test_the_same_nickname_written_differently_has_one_key() -> None:
    assert len({nickname_key(name) for name in ("Straße", "STRASSE", " strasse ", "ſtrasse")}) == 1
