"""An admin that stays fast on tables with millions of rows; the lowest app has it so that all others may use it."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator

COUNTED_MAX = 10_000  # rows that a list can be leafed through; an OFFSET beyond it would walk the table


class LeanPaginator(Paginator):
    """Counts and pages the first COUNTED_MAX rows only: what lies beyond is found by search, not by leafing."""

    @cached_property
    def count(self) -> int:
        queryset: Any = self.object_list
        return min(queryset.order_by()[: COUNTED_MAX + 1].count(), COUNTED_MAX)


class LeanAdmin(admin.ModelAdmin):
    """No count over everything, no deletion past the verbs."""

    paginator = LeanPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(LeanAdmin):
    """History: looked at, never typed over."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False
