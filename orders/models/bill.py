"""What the order really cost besides its dishes: the host's present bill, which the next issue of shares takes."""

from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import bounds, split
from orders.models.post import Post


class FeeRule(models.TextChoices):
    EQUAL = split.FeeRule.EQUAL.value, _("the same for everybody who eats")
    BY_FOOD = split.FeeRule.BY_FOOD.value, _("by what each eats")


class Scope(models.TextChoices):
    FOOD = split.Scope.FOOD.value, _("off the food")
    FEE = split.Scope.FEE.value, _("off the fees")
    PERSONAL = split.Scope.PERSONAL.value, _("off one person's share")


class Fee(models.Model):
    """A fee of the whole order. `is_gap`: what the receipt says beyond everything else ("영수증 차이")."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="fees", verbose_name=_("post"))
    label = models.CharField(_("called"), max_length=bounds.LABEL_MAX, blank=True)
    won = models.PositiveBigIntegerField(_("won"))
    rule = models.CharField(_("shared"), max_length=8, choices=FeeRule, default=FeeRule.EQUAL)
    is_gap = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("fee")
        verbose_name_plural = _("fees")
        constraints = [
            CheckConstraint(
                condition=Q(won__lte=bounds.TOTAL_MAX, rule__in=FeeRule.values), name="fee_bounds"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.won}"

    @property
    def title(self) -> str:
        return self.label or fee_title(self.is_gap)


class Discount(models.Model):
    """A coupon: off the food or the fees of all, or `user`'s own."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="discounts", verbose_name=_("post"))
    label = models.CharField(_("called"), max_length=bounds.LABEL_MAX, blank=True)
    won = models.PositiveBigIntegerField(_("won"))
    scope = models.CharField(_("for"), max_length=8, choices=Scope, default=Scope.FOOD)
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("whose")
    )
    is_gap = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        constraints = [
            CheckConstraint(
                condition=Q(won__lte=bounds.TOTAL_MAX, scope__in=Scope.values), name="discount_bounds"
            ),
            CheckConstraint(
                condition=Q(scope=Scope.PERSONAL, user__isnull=False)
                | (~Q(scope=Scope.PERSONAL) & Q(user=None)),
                name="discount_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.won}"

    @property
    def title(self) -> str:
        return self.label or discount_title(self.is_gap)


def fee_title(is_gap: bool) -> str:
    """Of a fee without a name of its own, in the active language."""
    return gettext("Difference to the receipt") if is_gap else gettext("Delivery fee")


def discount_title(is_gap: bool) -> str:
    return gettext("Difference to the receipt") if is_gap else gettext("Coupon")
