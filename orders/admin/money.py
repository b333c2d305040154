"""Money for operators: versions of shares and the ledger are looked at; what is open is answered by the verbs, with a
reason that stands in the ledger too. Depositors' names are the host's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reasoned_admin import reasoned
from orders import payments
from orders.admin.operating import OrderAdmin
from orders.errors import OrderError
from orders.models import Due, Payment, Share, ShareVersion


class ShareInline(admin.TabularInline):
    """At most PEOPLE_MAX."""

    model = Share
    fields = ["user", "won", "kept_won", "delta", "exact"]
    readonly_fields = ["user", "won", "kept_won", "delta", "exact"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        return super().get_queryset(request).select_related("user").order_by("seat")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ShareVersion)
class ShareVersionAdmin(OrderAdmin):
    list_display = [
        "id",
        "post",
        "share_v",
        "total",
        "unit",
        "receipt_won",
        "cause",
        "issued_by",
        "issued_at",
    ]
    list_select_related = ["post__room", "issued_by"]
    list_filter = []
    ordering = ["-pk"]
    search_help_text = _("A post's id or a whole nickname")
    found_by_name = ("issued_by__username",)
    inlines = [ShareInline]


@admin.register(Payment)
class PaymentAdmin(OrderAdmin):
    """The ledger."""

    list_display = ["id", "post", "user", "op", "won", "way", "by", "at", "share_v", "balance"]
    list_select_related = ["post__room", "user", "by"]
    list_filter = ["op"]
    show_facets = admin.ShowFacets.NEVER  # each would count
    ordering = ["-pk"]
    search_help_text = _("A post's id or a whole nickname")
    fields = [
        "post", ("user", "op"), ("won", "way"), ("by", "at"), ("share_v", "balance"), "reason", "answers",
    ]  # fmt: skip


@admin.register(Due)
class DueAdmin(OrderAdmin):
    """Who owes what, and where an operator helps who cannot come to terms with the host."""

    list_display = ["id", "post", "user", "balance", "share_won", "confirmed_won", "unclaimed_since"]
    list_select_related = ["post__room", "user"]
    list_filter = []
    ordering = ["-pk"]
    search_help_text = _("A post's id or a whole nickname")
    actions = ["confirm", "reject", "waive"]
    fields = [
        "post", "user", ("balance", "share_won", "kept_won"), ("confirmed_won", "waived_won", "refunded_won"),
        ("claim", "refund"), ("unclaimed_since", "remind_at"),
    ]  # fmt: skip
    readonly_fields = ["balance", "unclaimed_since", "remind_at"]

    @reasoned(_("The claimed payment has arrived"))
    def confirm(self, operator: User, due: Due, reason: str) -> None:
        payments.confirm(by=operator, post=due.post, claim=_claimed(due), reason=reason)

    @reasoned(_("The claimed payment is not there"))
    def reject(self, operator: User, due: Due, reason: str) -> None:
        payments.reject(by=operator, post=due.post, claim=_claimed(due), reason=reason)

    @reasoned(_("Let them off what they owe"))
    def waive(self, operator: User, due: Due, reason: str) -> None:
        payments.waive(by=operator, post=due.post, user=due.user, reason=reason)


def _claimed(due: Due) -> int:
    if due.claim_id is None:
        raise OrderError("NO_CLAIM")
    return due.claim_id
