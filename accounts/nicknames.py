"""What a nickname may be, and the form in which two of them are the same (Unicode TR15, TR21, TR36)."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NICKNAME_MAX = 20  # code points, after NFC
KEY_MAX = 3 * NICKNAME_MAX  # case folding makes at most three code points of one (ﬃ, ΐ)
MARKS_MAX = 3  # in a row: enough for Vietnamese, Thai and Devanagari, too few to write over one's neighbours

# Emoji keyboards put a presentation selector behind ❤: it is dropped, since refusing it would puzzle people.
_DROPPED = dict.fromkeys((0xFE0E, 0xFE0F))
# Letters, marks and symbols that show as nothing: Hangul fillers, Khmer inherent vowels, the blank Braille
# pattern, and what Unicode lists as default-ignorable outside category Cf.
_UNSEEN = (
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0000, 0xE1000))
)
_REFUSED = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}

_EMPTY = _("Type a nickname.")
_TOO_LONG = _("Use %(limit)d characters or fewer.")
_INVISIBLE = _("The nickname has a character that cannot be seen. Type it again without it.")
_MARKS = _("The nickname has marks that belong to no letter. Type it again without them.")


def clean_nickname(raw: str) -> str:
    """What the person typed, as it is stored and shown: NFC, trimmed, single blanks, 1–20 code points.

    Raises ValidationError with code `empty`, `too_long`, `invisible` (control, format, bidi, unassigned and
    blank-looking characters) or `marks`. Cleaning a cleaned nickname changes nothing.
    """
    text = raw.strip()
    if len(text) > 4 * NICKNAME_MAX:  # before any work that grows with the input
        raise ValidationError(_TOO_LONG, code="too_long", params={"limit": NICKNAME_MAX})
    if any(is_unseen(char) for char in text.translate(_DROPPED)):
        raise ValidationError(_INVISIBLE, code="invisible")
    nickname = _tidy(text)
    if not nickname:
        raise ValidationError(_EMPTY, code="empty")
    if len(nickname) > NICKNAME_MAX:
        raise ValidationError(_TOO_LONG, code="too_long", params={"limit": NICKNAME_MAX})
    if _loose_marks(nickname):
        raise ValidationError(_MARKS, code="marks")
    return nickname


def nickname_key(nickname: str) -> str:
    """The form nicknames are compared in: NFC, case-folded, single blanks, stable under lower()."""
    folded = unicodedata.normalize("NFC", _tidy(nickname).casefold())
    return " ".join(unicodedata.normalize("NFC", folded.lower()).split())


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text.translate(_DROPPED)).split())


def is_unseen(char: str) -> bool:
    """A control, format, bidi, unassigned or blank-looking character."""
    return ord(char) in _UNSEEN or unicodedata.category(char) in _REFUSED


def _loose_marks(nickname: str) -> bool:
    run = MARKS_MAX  # a mark at the start, or behind a blank, has no letter to sit on
    for char in nickname:
        run = run + 1 if unicodedata.category(char).startswith("M") else MARKS_MAX if char == " " else 0
        if run > MARKS_MAX:
            return True
    return False
