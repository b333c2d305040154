"""Posts: found by public id or host, changed by the verbs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reasoned_admin import reasoned
from orders import refunding, reports, states
from orders.admin.operating import OrderAdmin
from orders.models import Post, Seat


class SeatInline(admin.TabularInline):
    """At most PEOPLE_MAX who sit, and those who left."""

    model = Seat
    fields = ["user", "sits_out", "confirmed_cart_v", "arrived_at", "left_at"]
    readonly_fields = ["user", "sits_out", "confirmed_cart_v", "arrived_at", "left_at"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seat]:
        return super().get_queryset(request).select_related("user").order_by("membership_id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Post)
class PostAdmin(OrderAdmin):
    """The private note about the place is for members: it is not shown here."""

    list_display = ["title", "shop", "host", "state", "meeting_at", "seats", "hidden_at"]
    list_display_links = ["title"]
    list_select_related = ["room", "host"]
    list_filter = ["state", ("hidden_at", admin.EmptyFieldListFilter), "category"]
    show_facets = admin.ShowFacets.NEVER  # each would count
    ordering = ["-pk"]
    search_help_text = _("A post's id, as in its address, or its host's whole nickname")
    found_by_id = "room__public_id"
    found_by_name = ("host__username",)
    actions = ["close", "cancel", "propose_refund", "restore", "hide", "show"]
    inlines = [SeatInline]
    fields = [
        ("title", "public_id"), ("state", "cancel_reason", "cancel_note"), ("shop", "category"), "place",
        ("meeting_at", "deadline_at"), ("min_people", "capacity", "seats"), ("min_order_won", "fee_tiers"),
        ("host", "author"), ("post_v", "cart_v", "share_v"), ("created_at", "closed_at", "locked_at"),
        ("ordered_at", "arrived_at", "done_at", "canceled_at"), ("hidden_at", "due_at"), "more",
    ]  # fmt: skip
    readonly_fields = [
        "title", "public_id", "seats", "author", "more", "created_at", "closed_at", "locked_at", "ordered_at",
        "arrived_at", "done_at", "canceled_at", "hidden_at", "due_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        return super().get_queryset(request).select_related("room__created_by", "host")

    @admin.display(description=_("title"))
    def title(self, post: Post) -> str:
        return post.title

    @admin.display(description=_("id"))
    def public_id(self, post: Post) -> str:
        return post.public_id

    @admin.display(description=_("seats"))
    def seats(self, post: Post) -> str:
        return f"{post.seats_taken}/{post.capacity}"

    @admin.display(description=_("author"))
    def author(self, post: Post) -> str:
        return str(post.room.created_by)

    @admin.display(description=_("more"))
    def more(self, post: Post) -> str:
        """Ways to what belongs to it. The talk asks for a reason first."""
        ways = [
            ("orders_item", f"?q={post.public_id}", _("dishes")),
            ("orders_due", f"?q={post.public_id}", _("dues")),
            ("orders_payment", f"?q={post.public_id}", _("payments")),
            ("orders_shareversion", f"?q={post.public_id}", _("shares")),
            ("orders_wait", f"?q={post.public_id}", _("waiting list")),
            ("orders_report", f"?q={post.public_id}&status=all", _("reports")),
            ("chat_entry", f"?q={post.pk}", _("talk")),
        ]
        links = [(reverse(f"admin:{name}_changelist") + query, label) for name, query, label in ways]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    @reasoned(_("Close recruiting"))
    def close(self, operator: User, post: Post, reason: str) -> None:
        states.close(by=operator, post=post)

    @reasoned(_("Cancel the order"))
    def cancel(self, operator: User, post: Post, reason: str) -> None:
        """Its people read the reason."""
        states.cancel(by=operator, post=post, note=reason)

    @reasoned(_("Propose to cancel and give all money back"))
    def propose_refund(self, operator: User, post: Post, reason: str) -> None:
        """One of the members has to agree within a day."""
        refunding.propose_refund(by=operator, post=post)

    @reasoned(_("Bring back (canceled for want of an answer)"))
    def restore(self, operator: User, post: Post, reason: str) -> None:
        states.revive(by=operator, post=post)

    @reasoned(_("Hide from lists"))
    def hide(self, operator: User, post: Post, reason: str) -> None:
        reports.set_hidden(by=operator, post=post, hidden=True)

    @reasoned(_("Show in lists again"))
    def show(self, operator: User, post: Post, reason: str) -> None:
        reports.set_hidden(by=operator, post=post, hidden=False)
