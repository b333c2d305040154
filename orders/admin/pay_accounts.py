"""Hosts' accounts: that there is one and since when. Looking into one asks for a reason, and is written down."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from accounts.reasoned_admin import Deed, ReasonForm, reasoned
from orders import pay_accounts
from orders.admin.operating import OrderAdmin
from orders.errors import OrderError
from orders.models import PayAccount


@admin.register(PayAccount)
class PayAccountAdmin(OrderAdmin):
    """For reports of fraud: all but the bare fact stays sealed until somebody says why they look."""

    list_display = ["user", "changed_at"]
    fields = ["user", "changed_at"]
    list_select_related = ["user"]
    ordering = ["-changed_at"]
    search_help_text = _("A whole nickname")
    found_by_id = "user__username"
    actions = ("show_account",)

    @reasoned(_("Show the account"))
    def show_account(self, operator: User, row: PayAccount, reason: str) -> None:
        """Its record; what it shows is `ask_and_do`'s answer."""

    def ask_and_do(
        self, request: HttpRequest, queryset: QuerySet[Any], deed: Deed, description: Any
    ) -> HttpResponse | None:
        """Shown in the answer itself: a message would pass through a cookie or the session's table."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        rows = list(queryset.select_related("user")[:2])
        if not form.is_valid():
            return super().ask_and_do(request, queryset, deed, description)
        if len(rows) != 1:
            self.message_user(request, _("One at a time."), messages.ERROR)
            return None
        try:
            with transaction.atomic():
                reason = form.cleaned_data["reason"]
                audit.note(
                    operator=cast(User, request.user), action=deed.__name__, subject=rows[0], reason=reason
                )
                self.log_change(request, rows[0], f"{deed.__name__}: {reason}")
                account = pay_accounts.opened(rows[0].pk)
        except OrderError as error:
            self.message_user(request, self.refusal_text(error), messages.ERROR)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": description,
            "opts": self.opts,
            "account": account,
            "owner": rows[0].user,
        }
        response = TemplateResponse(request, "admin/orders/account.html", context)
        add_never_cache_headers(response)
        return response
