"""People in the admin: found by nickname, closed and opened by the verbs, never deleted."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.access_tokens import revoke_token
from accounts.actions import deactivate, reactivate
from accounts.lean_admin import ReadOnlyAdmin
from accounts.models import AccessToken, AuditEntry, User
from accounts.nicknames import nickname_key
from accounts.reasoned_admin import ReasonedAdmin, ReasonedHistoryAdmin, reasoned


@admin.register(User)
class PersonAdmin(ReasonedAdmin, DjangoUserAdmin):
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

    @reasoned(_("Close the account"))
    def close(self, operator: User, user: User, reason: str) -> None:
        deactivate(user=user)

    @reasoned(_("Open the account again"))
    def open(self, operator: User, user: User, reason: str) -> None:
        reactivate(user=user)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """No filtering by way of the address: not even the beginning of a password hash leaks."""
        return lookup in {"id", "id__exact", "pk"}


@admin.register(AuditEntry)
class AuditAdmin(ReadOnlyAdmin):
    """Newest first; found by a whole nickname, or by kind and number: `orders.post 12`."""

    list_display = ["at", "operator", "action", "model", "object_id", "label", "reason"]
    list_display_links = ["at"]
    list_select_related = ["operator"]
    list_filter = []
    ordering = ["-pk"]
    sortable_by = []
    search_fields = ["operator__username"]
    search_help_text = _("An operator's whole nickname, or a kind and a number: orders.post 12")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        if not (term := search_term.replace("\x00", " ").strip()):
            return queryset, False
        model, _space, number = term.rpartition(" ")
        if model and number.isascii() and number.isdecimal() and len(number) < 19:
            return queryset.filter(model=model, object_id=int(number)), False
        return queryset.filter(operator__username=nickname_key(term)), False


@admin.register(AccessToken)
class AccessTokenAdmin(ReasonedHistoryAdmin):
    """Which programs may be whom; never the token, of which there is only a hash, nor that."""

    list_display = ["id", "user", "name", "since", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    list_filter = []
    ordering = ["-pk"]
    sortable_by = []
    fields = ["user", "name", "since", "expires_at", "last_used_at", "revoked_at"]
    search_fields = ["user__username"]
    search_help_text = _("A person's whole nickname")
    actions = ["revoke"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccessToken], search_term: str
    ) -> tuple[QuerySet[AccessToken], bool]:
        if not (term := search_term.replace("\x00", " ").strip()):
            return queryset, False
        return queryset.filter(user__username=nickname_key(term)), False

    @reasoned(_("Revoke the token"))
    def revoke(self, operator: User, token: AccessToken, reason: str) -> None:
        revoke_token(token=token)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """No filtering by way of the address: not even the beginning of a hash leaks."""
        return lookup in {"id", "id__exact", "pk"}
