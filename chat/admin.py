"""Operators read timelines; what they change goes through the verbs."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.lean_admin import ReadOnlyAdmin
from chat import actions
from chat.errors import ChatError
from chat.models import Entry, Reader

DELETED_AT_ONCE = 100


def by_room_and(queryset: Any, search_term: str, field: str) -> Any:
    """Rows of `room`, or of `room#number`: only what an index answers. Anything else finds nothing."""
    room, _hash, number = search_term.strip().partition("#")
    if not room and not number:
        return queryset
    if not room.isdecimal() or not (number.isdecimal() or not number) or max(len(room), len(number)) > 15:
        return queryset.none()
    found = queryset.filter(room_id=int(room))
    return found.filter(**{field: int(number)}) if number else found


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Newest first by primary key; found by room id and number: `12` or `12#345`."""

    list_display = ["id", "room_id", "seq", "kind", "sender_id", "at", "excerpt"]
    list_display_links = ["id"]
    ordering = ["-id"]
    search_fields = ["room_id"]
    search_help_text = _("A room's number, or room#entry")
    actions = ["delete_texts"]
    list_select_related = False
    sortable_by = ["id"]

    @admin.display(description=_("text"))
    def excerpt(self, entry: Entry) -> str:
        return str(entry.data.get("body", entry.data))[:80]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return by_room_and(queryset, search_term, "seq"), False

    def get_ordering(self, request: HttpRequest) -> Any:
        """Within one room by its own index; by primary key the planner might walk all rooms."""
        return ["-room_id", "-seq"] if request.GET.get("q") else ["-id"]

    @admin.action(
        description=_("Delete the selected texts (their numbers stay)"), permissions=["delete_entry"]
    )
    def delete_texts(self, request: HttpRequest, queryset: QuerySet[Entry]) -> None:
        deleted = 0
        for entry in queryset[:DELETED_AT_ONCE]:
            try:
                actions.delete_by_operator(entry=entry)
                self.log_change(request, entry, "deleted through the verb")
                deleted += 1
            except ChatError as error:
                messages.warning(request, f"{entry}: {error.refusal.detail}")
        messages.success(request, _("%(n)d texts deleted.") % {"n": deleted})

    def has_delete_entry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("chat.delete_entry"))


@admin.register(Reader)
class ReaderAdmin(ReadOnlyAdmin):
    list_display = ["id", "room_id", "user_id", "from_seq", "until_seq", "read_seq"]
    search_fields = ["room_id"]
    search_help_text = _("A room's number, or room#person")
    ordering = ["-id"]
    list_select_related = False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return by_room_and(queryset, search_term, "user_id"), False
