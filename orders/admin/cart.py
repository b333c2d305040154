"""Dishes and who has a part in each: looked at only, nobody owes for what an operator typed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from orders.admin.operating import OrderAdmin
from orders.models import Item, Sharer


class SharerInline(admin.TabularInline):
    model = Sharer
    fields = ["user", "weight"]
    readonly_fields = ["user", "weight"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sharer]:
        return super().get_queryset(request).select_related("user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Item)
class ItemAdmin(OrderAdmin):
    list_display = ["id", "post", "owner", "name", "unit_won", "qty", "shared", "pending", "added_by"]
    list_select_related = ["post__room", "owner", "added_by"]
    ordering = ["-pk"]
    search_help_text = _("A post's id or a whole nickname")
    found_by_name = ("owner__username",)
    inlines = [SharerInline]
