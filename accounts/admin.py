"""People in the admin: found by nickname, closed and opened by the verbs, never deleted."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.actions import deactivate, reactivate
from accounts.errors import AccountError
from accounts.lean_admin import LeanAdmin
from accounts.models import User
from accounts.nicknames import nickname_key


@admin.register(User)
class PersonAdmin(LeanAdmin, DjangoUserAdmin):
    list_display = ["id", "nickname", "is_guest", "is_active", "is_staff", "date_joined"]
    list_display_links = ["id", "nickname"]
    list_filter = []  # every filter would count or scan a big table
    search_fields = ["nickname"]  # how: see get_search_results
    search_help_text = _("The beginning of a nickname, or a number")
    ordering = ["-pk"]
    actions = ["close", "open"]
    filter_horizontal = ["groups", "user_permissions"]
    raw_id_fields = ["merged_into"]
    readonly_fields = [
        "nickname",
        "username",
        "is_guest",
        "is_active",
        "merged_into",
        "date_joined",
        "last_login",
    ]
    fieldsets = [
        (None, {"fields": ["nickname", "username", "password", "email", "locale"]}),
        (_("State"), {"fields": ["is_guest", "is_active", "merged_into", "date_joined", "last_login"]}),
        (_("Rights"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people sign up; operators come from `manage.py createsuperuser`

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """By indexes only: beginnings of the nickname or of its key, or the id."""
        if not (term := search_term.strip()):
            return queryset, False
        found = Q(nickname__startswith=term) | Q(username__startswith=nickname_key(term))
        if term.isascii() and term.isdecimal() and len(term) < 19:
            found |= Q(pk=int(term))
        return queryset.filter(found), False

    @admin.action(description=_("Close the chosen accounts"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            deactivate(user=user)

    @admin.action(description=_("Open the chosen accounts again"), permissions=["change"])
    def open(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            try:
                reactivate(user=user)
            except AccountError as error:
                self.message_user(request, f"{user}: {error.detail}", messages.ERROR)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """No filtering by way of the address: not even the beginning of a password hash leaks."""
        return lookup in {"id", "id__exact", "pk"}
