"""The cart: dishes, and who has a part in each."""

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import bounds
from orders.models.post import Post


class Item(models.Model):
    """One line of the order. Its owner always has a part in it (a Sharer); others join a shared one by their own tap.

    `pending`: the host added it for its owner, who has neither accepted it nor confirmed the cart.
    """

    post = models.ForeignKey(Post, models.CASCADE, related_name="items", verbose_name=_("post"))
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("for"))
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("added by"))
    request_key = models.UUIDField(null=True, editable=False)  # of the form: a double tap adds one dish
    name = models.CharField(_("dish"), max_length=bounds.ITEM_NAME_MAX)
    options = models.CharField(_("options"), max_length=bounds.ITEM_OPTIONS_MAX, blank=True)
    unit_won = models.PositiveIntegerField(_("price"))
    qty = models.PositiveSmallIntegerField(_("number"), default=1)
    # what came, where it differs: another price, fewer of it, none (sold out); the host says so once it is ordered
    actual_unit_won = models.PositiveIntegerField(_("real price"), null=True)
    actual_qty = models.PositiveSmallIntegerField(_("real number"), null=True)
    note = models.CharField(_("note"), max_length=bounds.ITEM_NOTE_MAX, blank=True)
    shared = models.BooleanField(_("to share"), default=False)
    pending = models.BooleanField(_("not accepted yet"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("dish")
        verbose_name_plural = _("dishes")
        constraints = [
            UniqueConstraint(fields=["added_by", "request_key"], name="one_item_per_request"),
            models.CheckConstraint(
                condition=Q(qty__gte=1, qty__lte=bounds.QTY_MAX, unit_won__lte=bounds.WON_MAX),
                name="item_bounds",
            ),
            models.CheckConstraint(
                condition=Q(actual_unit_won=None, actual_qty=None)
                | Q(actual_unit_won__lte=bounds.WON_MAX, actual_qty__lte=bounds.QTY_MAX),
                name="item_actual",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} × {self.qty}"

    @property
    def won(self) -> int:
        return self.unit_won * self.qty

    @property
    def real_unit_won(self) -> int:
        return self.unit_won if self.actual_unit_won is None else self.actual_unit_won

    @property
    def real_qty(self) -> int:
        return self.qty if self.actual_qty is None else self.actual_qty

    @property
    def actual_won(self) -> int:
        """What it really cost; as ordered unless the host said otherwise."""
        return self.real_unit_won * self.real_qty

    @property
    def is_sold_out(self) -> bool:
        return self.actual_qty == 0


class Sharer(models.Model):
    """One person's part in a dish: `weight` of the sum of weights."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="sharers", verbose_name=_("dish"))
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("person"))
    weight = models.PositiveSmallIntegerField(_("parts"), default=1)

    class Meta:
        verbose_name = _("part in a dish")
        verbose_name_plural = _("parts in dishes")
        constraints = [
            UniqueConstraint(fields=["item", "user"], name="one_part"),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=bounds.WEIGHT_MAX), name="part_weight"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} of {self.item_id}"
