"""An admin that stays fast on tables with millions of rows; the lowest app has it so that all others may use it."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection

COUNTED_MAX = 10_000  # rows that a page counts; beyond it the number shown is the planner's, or this


class LeanPaginator(Paginator):
    """Never counts a whole table: counts up to COUNTED_MAX, then takes the planner's estimate."""

    @cached_property
    def count(self) -> int:
        queryset: Any = self.object_list
        counted = queryset.order_by()[: COUNTED_MAX + 1].count()
        if counted <= COUNTED_MAX:
            return counted
        if queryset.query.where:
            return COUNTED_MAX
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
                [queryset.model._meta.db_table],
            )
            return max(cursor.fetchone()[0], COUNTED_MAX)


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
