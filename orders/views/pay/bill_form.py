"""The host's bill as a form: real prices, fees, discounts, the receipt. Pure decoding; what is wrong has its field."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from django.http import QueryDict

from orders import bounds
from orders.billing import DiscountIn, FeeIn
from orders.errors import OrderError
from orders.models import Item
from orders.views.cart import number

ROWS_MAX: Final = 20  # of fees, and of discounts, that are read: bounds has fewer, and refuses them by name


class Row(NamedTuple):
    """One fee or discount as it stands in the form. `kind`: a fee's rule; a discount's scope, PERSONAL:<user>."""

    label: str = ""
    won: str = ""
    kind: str = ""


class Real(NamedTuple):
    """A dish's real price and number as typed, and whether they differ from what the form showed."""

    item: int
    unit_won: int
    qty: int


def typed_rows(form: QueryDict, name: str) -> list[Row]:
    """As they were typed, blank ones left out."""
    columns = (form.getlist(f"{name}_{part}")[:ROWS_MAX] for part in ("label", "won", "kind"))
    return [Row(*row) for row in zip(*columns, strict=False) if row[0].strip() or row[1].strip()]


def fees(rows: Iterable[Row]) -> list[FeeIn]:
    """Raises WON at the row's field."""
    return [FeeIn(won(row, f"fee-{n}"), row.kind, row.label) for n, row in enumerate(rows)]


def discounts(rows: Iterable[Row]) -> list[DiscountIn]:
    """Raises WON at the row's field."""
    found = []
    for n, row in enumerate(rows):
        scope, _colon, user = row.kind.partition(":")
        owner = number(user) if user else None
        found.append(DiscountIn(won(row, f"discount-{n}"), scope, owner, row.label))
    return found


def won(row: Row, field: str) -> int:
    typed = number(row.won)
    if typed < 0:
        raise OrderError("WON", field=field)
    return typed


def receipt(form: QueryDict) -> int | None:
    """None: not given."""
    typed = form.get("receipt", "").strip()
    if not typed:
        return None
    found = number(typed)
    if found < 0:
        raise OrderError("WON", field="receipt")
    return found


def reals(form: QueryDict, items: Sequence[Item]) -> list[Real]:
    """The dishes that the host typed over, or tapped as sold out (`sold`) or there after all (`back`)."""
    sold, back = number(form.get("sold", "")), number(form.get("back", ""))
    found = []
    for item in items:
        shown = f"{item.real_unit_won},{item.real_qty}"
        unit = number(form.get(f"unit-{item.pk}", str(item.real_unit_won)))
        qty = number(form.get(f"qty-{item.pk}", str(item.real_qty)))
        if item.pk == sold:
            qty = 0
        elif item.pk == back:
            unit, qty = item.unit_won, item.qty
        elif form.get(f"was-{item.pk}") == f"{unit},{qty}":
            continue  # not touched here; what another tab has saved since stays
        if unit < 0 or unit > bounds.WON_MAX:
            raise OrderError("WON", field=f"unit-{item.pk}")
        if qty < 0 or qty > bounds.QTY_MAX:
            raise OrderError("QTY", field=f"qty-{item.pk}")
        if f"{unit},{qty}" != shown:
            found.append(Real(item.pk, unit, qty))
    return found


def typed_values(form: QueryDict) -> dict[str, Any]:
    """All of it, to be shown again when something is refused."""
    return {name: form.get(name, "")[:40] for name in form}
