"""Won, and delivery fees by sum, as people type them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders import bounds


class WonField(forms.CharField):
    """Won as people write them, "15,000원" too; cleans to an int, blank to None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(max_length=20, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "numeric", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        typed = (super().clean(value) or "").replace(",", "").replace(" ", "").strip("원₩")
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit()):
            raise forms.ValidationError(_("Whole won, from 0 to 1,000,000."))
        return int(typed)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(str(initial or "")) != self.clean(data)
        except forms.ValidationError:
            return True


class _FeesWidget(forms.Widget):
    """Pairs of inputs named `fee_from` and `fee`; orders/_fees.html draws them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if not hasattr(data, "getlist"):
            return data.get(name, [])
        return [list(pair) for pair in zip(data.getlist("fee_from"), data.getlist("fee"), strict=False)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return "fee" not in data


class FeesField(forms.Field):
    """Delivery fees by subtotal: cleans to [[from, fee], …]; blank rows are left out, the first is from 0."""

    widget = _FeesWidget

    def clean(self, value: Any) -> list[list[int]]:
        won = WonField()
        tiers: list[list[int]] = []
        for start, fee in (value or [])[: bounds.TIERS_MAX]:
            pair = won.clean(str(start)), won.clean(str(fee))
            if pair[1] is None and (pair[0] is None or not tiers):
                continue
            if pair[1] is None or (pair[0] is None and tiers):
                raise forms.ValidationError(_("Give both: from which sum, and the fee."))
            tiers.append([pair[0] or 0, pair[1]])
        return tiers

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return [list(tier) for tier in initial or []] != self.clean(data)
        except forms.ValidationError:
            return True
