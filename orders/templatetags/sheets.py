"""The form of a dish on the order sheet: a new one's, or one to change, with what was typed and refused."""

from typing import Any

from django import template
from django.urls import reverse

from orders import bounds
from orders.sheet_view import Dish

register = template.Library()


@register.inclusion_tag("orders/room/_dish_form.html", takes_context=True)
def dish_form(context: dict[str, Any], dish: Dish | None = None) -> dict[str, Any]:
    post, typed, view = context["post"], context["typed"], context["view"]
    item = dish.item if dish else None
    refused = bool(typed.error) and typed.item == (item.pk if item else None)
    number = item.pk if item else None
    args = [post.public_id, number] if number else [post.public_id]
    return {
        "csrf_token": context["csrf_token"],
        "id": f"edit-form-{number}" if number else "add-form",
        "prefix": f"i{number}" if number else "new",
        "action": reverse("orders:item" if number else "orders:items", args=args),
        "new": item is None,
        "values": typed.values if refused else item,
        "error": typed.error if refused else "",
        "at": typed.at if refused else "",
        "refused": refused,
        "key": typed.values.get("key") if refused else context["new_key"],
        "main": item is None and view.step.code == "choose",
        "others": [p for p in view.others if p.seat] if item is None and view.me.host else [],
        "max": bounds,
    }
