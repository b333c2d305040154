"""Polls for operators: looked at, and closed with a reason."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reasoned_admin import reasoned
from orders import polls
from orders.admin.operating import OrderAdmin
from orders.models import Poll, Vote


class VoteInline(admin.TabularInline):
    model = Vote
    fields = ["user", "choice", "at"]
    readonly_fields = ["user", "choice", "at"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vote]:
        return super().get_queryset(request).select_related("user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Poll)
class PollAdmin(OrderAdmin):
    list_display = ["id", "post", "field", "question", "opened_by", "opened_at", "closed_at", "applied_at"]
    list_select_related = ["opened_by", "post__room"]
    list_filter = []
    ordering = ["-pk"]
    found_by_name = ("opened_by__username",)
    search_help_text = _("A post's id or a whole nickname")
    inlines = [VoteInline]
    actions = ["close"]

    @reasoned(_("Close the poll"))
    def close(self, operator: User, poll: Poll, reason: str) -> None:
        polls.close_poll(by=operator, post=poll.post, poll=poll.pk)
