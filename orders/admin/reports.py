"""The operators' queue: open reports first, the oldest first, each with what stood there."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reasoned_admin import reasoned
from chat import lines, wire
from chat.kinds import people_in
from orders import reports
from orders.admin.operating import OrderAdmin
from orders.models import Report


class QueueFilter(admin.SimpleListFilter):
    """Open ones unless asked otherwise."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return [("all", _("all")), *(each for each in Report.Status.choices if each[0] != Report.Status.OPEN)]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": Report.Status.OPEN.label}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or Report.Status.OPEN)


@admin.register(Report)
class ReportAdmin(OrderAdmin):
    list_display = ["id", "status", "kind", "reason", "reporter", "about", "room", "created_at"]
    list_select_related = ["reporter", "about", "room"]
    list_filter = [QueueFilter, "kind"]
    show_facets = admin.ShowFacets.NEVER
    search_help_text = _("A room's id, or the whole nickname of the reporter or the reported")
    found_by_id = "room__public_id"
    found_by_name = ("reporter__username", "about__username")
    actions = ["uphold", "dismiss"]
    fields = [
        ("kind", "reason", "status"), "text", ("reporter", "about"), "room", "created_at",
        ("resolved_at", "resolved_by"), "others", "snapshot_as_it_was", "more",
    ]  # fmt: skip
    readonly_fields = ["created_at", "resolved_at", "resolved_by", "others", "snapshot_as_it_was", "more"]

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return reports.may_review(cast(User, request.user))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_ordering(self, request: HttpRequest) -> Any:
        return ["-pk"] if request.GET.get("status") else ["pk"]

    @admin.display(description=_("others about the same"))
    def others(self, report: Report) -> str:
        same = Report.objects.like(report).exclude(pk=report.pk)
        return f"{same.count()} ({same.open().count()} {Report.Status.OPEN.label})"

    @admin.display(description=_("as it was"))
    def snapshot_as_it_was(self, report: Report) -> str:
        """As of the report, escaped; nicknames as of then, in sentences as of now."""
        kept = report.snapshot
        entries = kept.get("entries", [])
        mentioned = {pk for each in entries for pk in people_in(each["kind"], each["data"])}
        people = {str(pk): name for pk, name in wire.names(mentioned).items()}
        people |= {str(each["sender"]): each["name"] for each in entries}
        shown = [
            {
                "seq": each["seq"],
                "at": datetime.fromisoformat(each["at"]),
                "name": each["name"] if each["kind"] == "text" else "",
                "text": _words(each, people),
                "reported": each["seq"] == report.seq,
                "by": each["sender"] == report.about_id,
            }
            for each in entries
        ]
        context = {"title": kept.get("title", ""), "post": kept.get("post"), "entries": shown}
        return render_to_string("admin/orders/_snapshot.html", context)

    @admin.display(description=_("more"))
    def more(self, report: Report) -> str:
        """Ways to the room's talk, which asks for a reason, and to the person."""
        talk = reverse("admin:chat_entry_changelist") + f"?q={report.room_id}"
        if report.about_id is None:
            return format_html('<a href="{}">{}</a>', talk, _("talk"))
        person = reverse("admin:accounts_user_change", args=[report.about_id])
        return format_html('<a href="{}">{}</a> · <a href="{}">{}</a>', talk, _("talk"), person, report.about)

    @reasoned(_("Uphold"))
    def uphold(self, operator: User, report: Report, reason: str) -> None:
        reports.resolve(by=operator, report=report, upheld=True)

    @reasoned(_("Dismiss"))
    def dismiss(self, operator: User, report: Report, reason: str) -> None:
        reports.resolve(by=operator, report=report, upheld=False)


def _words(entry: dict[str, Any], people: dict[str, str]) -> str:
    data = entry["data"]
    if entry["kind"] == "text":
        return str(_("Deleted message")) if "deleted" in data else str(data.get("body", ""))
    return lines.sentence(entry["kind"], data, people, entry["sender"])
