"""Operators read timelines after saying why, room by room; what they change goes through the verbs."""

import time
from typing import Any, Final, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.lean_admin import ReadOnlyAdmin
from accounts.models import User
from accounts.reasoned_admin import ReasonedHistoryAdmin, ReasonForm, reasoned
from chat import actions
from chat.errors import ChatError
from chat.models import Entry, Reader
from rooms.models import Room

ENTERED_FOR: Final = 30 * 60  # seconds: then the reason is asked again
ENTERED_MAX: Final = 20  # rooms at a time
_SESSION: Final = "entered_rooms"  # room to the time, in seconds since the epoch, until which it is entered


def entered(request: HttpRequest) -> list[int]:
    """Rooms that the operator has entered by saying why."""
    now = time.time()
    return [int(room) for room, until in request.session.get(_SESSION, {}).items() if until > now]


def enter(request: HttpRequest, room: Room, reason: str) -> None:
    """Write down why, then let the operator read the room for ENTERED_FOR."""
    audit.note(operator=cast(User, request.user), action="enter", subject=room, reason=reason)
    kept = sorted(request.session.get(_SESSION, {}).items(), key=lambda each: each[1])[-ENTERED_MAX + 1 :]
    request.session[_SESSION] = dict(kept) | {str(room.pk): time.time() + ENTERED_FOR}


def _room_of(search_term: str) -> int | None:
    """The room of `12` or `12#345`."""
    room = search_term.strip().partition("#")[0]
    return int(room) if room.isascii() and room.isdecimal() and len(room) <= 15 else None


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
class EntryAdmin(ReasonedHistoryAdmin):
    """Of the rooms one has entered, the newest first; found by room id and number: `12` or `12#345`."""

    list_display = ["id", "room_id", "seq", "kind", "writer", "at", "excerpt"]
    list_display_links = ["id"]
    ordering = ["-id"]
    search_fields = ["room_id"]
    search_help_text = _("A room's number, or room#entry")
    actions = ["delete_texts"]
    list_select_related = ["sender"]
    sortable_by = ["id"]
    refusals = (ChatError,)

    @admin.display(description=_("person"))
    def writer(self, entry: Entry) -> str:
        return str(entry.sender or "")

    @admin.display(description=_("text"))
    def excerpt(self, entry: Entry) -> str:
        return str(entry.data.get("body", entry.data))[:80]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).filter(room_id__in=entered(request))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return by_room_and(queryset, search_term, "seq"), False

    def get_ordering(self, request: HttpRequest) -> Any:
        """Within one room by its own index; by primary key the planner might walk all rooms."""
        return ["-room_id", "-seq"] if request.GET.get("q") else ["-id"]

    def get_urls(self) -> list[Any]:
        own = path(
            "enter/<int:room_id>/", self.admin_site.admin_view(self.enter_view), name="chat_entry_enter"
        )
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        room_id = _room_of(request.GET.get("q", ""))
        if request.method == "GET" and room_id is not None and room_id not in entered(request):
            return HttpResponseRedirect(reverse("admin:chat_entry_enter", args=[room_id]))
        if request.method == "GET" and not entered(request):
            messages.info(request, _("Search for a room's number to enter the room. You are asked why."))
        return super().changelist_view(request, extra_context)

    def enter_view(self, request: HttpRequest, room_id: int) -> HttpResponse:
        """Asks why one reads a room, writes it down and lets one in."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        room = get_object_or_404(Room, pk=room_id)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            enter(request, room, form.cleaned_data["reason"])
            return HttpResponseRedirect(f"{reverse('admin:chat_entry_changelist')}?q={room.pk}")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter the room"),
            "opts": self.opts,
            "rows": [room],
            "form": form,
            "form_url": request.path,
        }
        return TemplateResponse(request, "admin/reason.html", context)

    @reasoned(_("Delete the text (its number stays)"), permissions=["delete_entry"])
    def delete_texts(self, operator: User, entry: Entry, reason: str) -> None:
        actions.delete_by_operator(entry=entry)

    def has_delete_entry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("chat.delete_entry"))

    def refusal_text(self, error: Exception) -> str:
        return str(error.refusal.detail) if isinstance(error, ChatError) else super().refusal_text(error)


@admin.register(Reader)
class ReaderAdmin(ReadOnlyAdmin):
    list_display = ["id", "room_id", "user_id", "from_seq", "until_seq", "read_seq"]
    search_fields = ["room_id"]
    search_help_text = _("A room's number, or room#person")
    ordering = ["-id"]
    list_select_related = False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return by_room_and(queryset, search_term, "user_id"), False
