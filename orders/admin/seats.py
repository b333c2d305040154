"""Who sits at a table, who waits for a seat."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reasoned_admin import reasoned
from orders import seats
from orders.admin.operating import OrderAdmin
from orders.models import Seat, Wait


@admin.register(Seat)
class SeatAdmin(OrderAdmin):
    list_display = ["membership_id", "user", "post", "sits_out", "confirmed_cart_v", "left_at"]
    list_select_related = ["user", "post__room"]
    list_filter = []
    ordering = ["-membership_id"]
    search_help_text = _("A post's id or a whole nickname")
    actions = ["remove"]

    @reasoned(_("Remove from the order for good"))
    def remove(self, operator: User, seat: Seat, reason: str) -> None:
        seats.remove(by=operator, post=seat.post, user=seat.user)


@admin.register(Wait)
class WaitAdmin(OrderAdmin):
    list_display = ["id", "user", "post", "since", "ended_at", "ended_by"]
    list_select_related = ["user", "post__room"]
    ordering = ["-pk"]
    search_help_text = _("A post's id or a whole nickname")
