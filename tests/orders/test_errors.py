"""Refusals: every code has a sentence in both languages, and is one that some verb gives."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from orders.errors import _REFUSALS, OrderError

APP = Path(__file__).resolve().parents[2] / "orders"


@pytest.mark.parametrize("code", sorted(_REFUSALS))
def test_every_code_has_a_sentence_in_both_languages(code: str) -> None:
    error = OrderError(code)
    assert 400 <= error.status < 500 or code == "ACCOUNT_KEY"  # an operator has to set it: 503
    with translation.override("en"):
        english = error.detail
    with translation.override("ko"):
        assert error.detail != english


def test_the_codes_are_those_that_verbs_give() -> None:
    code = "\n".join(path.read_text() for path in APP.rglob("*.py") if path.name != "errors.py")
    given = set(re.findall(r'"([A-Z][A-Z_]+)"', code)) & set(_REFUSALS)
    raised = set(re.findall(r'OrderError\(\s*"(\w+)"', code))
    assert raised <= set(_REFUSALS)
    assert given == set(_REFUSALS)
