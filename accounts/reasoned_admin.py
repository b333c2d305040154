"""An admin whose actions ask for a reason on a page of their own and write it down (accounts/audit.py)."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.errors import AccountError
from accounts.lean_admin import LeanAdmin, ReadOnlyAdmin
from accounts.models import REASON_MAX, User

ACTED_MAX = 100  # rows of one action

Deed = Callable[[Any, User, Any, str], None]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3, "cols": 60})
    )


def reasoned(description: Any, *, permissions: Sequence[str] = ("operate",)) -> Callable[[Deed], Any]:
    """Makes an action of `deed(self, operator, row, reason)`, called for each chosen row in a transaction of its own.

    What the deed refuses with (`ReasonedAdmin.refusals`) becomes a line on the page, and leaves no record.
    """

    def decorate(deed: Deed) -> Any:
        @admin.action(description=description, permissions=permissions)
        @wraps(deed)
        def action(
            self: "ReasonedAdmin", request: HttpRequest, queryset: QuerySet[Any]
        ) -> HttpResponse | None:
            return self.ask_and_do(request, queryset, deed, description)

        marked: Any = action
        marked.is_reasoned = True
        return marked

    return decorate


class ReasonedAdmin(LeanAdmin):
    """Its `reasoned` actions stand above the list and on the page of each row."""

    change_form_template = "admin/reasoned_change_form.html"
    refusals: tuple[type[Exception], ...] = (AccountError,)

    class Media:
        css: ClassVar = {"all": ["css/admin.css"]}

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions: those with the right to change such rows."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def refusal_text(self, error: Exception) -> str:
        return str(getattr(error, "detail", error))

    def ask_and_do(
        self, request: HttpRequest, queryset: QuerySet[Any], deed: Deed, description: Any
    ) -> HttpResponse | None:
        """The page that asks; with its answer, the deed. None: back to the list."""
        rows = list(queryset[: ACTED_MAX + 1])
        if len(rows) > ACTED_MAX:
            self.message_user(request, _("At most %d at once.") % ACTED_MAX, messages.ERROR)
            return None
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            for row in rows:
                self._do(request, row, deed, form.cleaned_data["reason"])
            return self._back(rows) if "from_row" in request.POST else None
        context = {
            **self.admin_site.each_context(request),
            "title": description,
            "opts": self.opts,
            "rows": rows,
            "form": form,
            "action": deed.__name__,
            "from_row": "from_row" in request.POST,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/reason.html", context)

    def _do(self, request: HttpRequest, row: Any, deed: Deed, reason: str) -> None:
        operator = cast(User, request.user)
        try:
            with transaction.atomic():
                deed(self, operator, row, reason)
                audit.note(operator=operator, action=deed.__name__, subject=row, reason=reason)
                self.log_change(request, row, f"{deed.__name__}: {reason}")
        except self.refusals as error:
            self.message_user(request, f"{row}: {self.refusal_text(error)}", messages.ERROR)
        else:
            self.message_user(request, _("Done: %s") % row, messages.SUCCESS)

    def _back(self, rows: list[Any]) -> HttpResponse:
        return redirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[rows[0].pk])
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        known: dict[str, Any] = self.get_actions(request)
        actions = [
            (name, description)
            for function, name, description in known.values()
            if getattr(function, "is_reasoned", False)
        ]
        more = {"reasoned_actions": actions, "checkbox": ACTION_CHECKBOX_NAME}
        return super().changeform_view(request, object_id, form_url, (extra_context or {}) | more)


class ReasonedHistoryAdmin(ReasonedAdmin, ReadOnlyAdmin):
    """Looked at, never typed over; changed by its actions only."""
