"""Rooms in the admin: looked at, renamed, and people and links ended by the verbs. Nothing is deleted."""

from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.lean_admin import LeanAdmin
from accounts.models import User
from accounts.reasoned_admin import ReasonedHistoryAdmin, reasoned
from rooms import actions
from rooms.errors import RoomError
from rooms.models import Invitation, Membership, Room


@admin.register(Room)
class RoomAdmin(LeanAdmin):
    list_display = ["title", "public_id", "is_open", "created_by", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["public_id__exact"]
    search_help_text = _("The room's id, as in its address")
    ordering = ["-pk"]
    fields = ["title", "is_open", "public_id", "created_by", "created_at"]
    readonly_fields = ["public_id", "created_by", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a room comes with its host

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        """The name through its verb, so that the room hears of it."""
        if "title" in form.changed_data:
            try:
                actions.rename(by=cast(User, request.user), room=obj, title=obj.title)
            except RoomError as error:
                self.message_user(request, error.detail, messages.ERROR)
        if "is_open" in form.changed_data:
            obj.save(update_fields=["is_open"])


@admin.register(Membership)
class MembershipAdmin(ReasonedHistoryAdmin):
    list_display = ["user", "room", "role", "joined_at", "left_at", "ended_by"]
    list_select_related = ["user", "room"]
    search_fields = ["room__public_id__exact", "user__username__exact"]
    search_help_text = _("A room's id or a whole nickname")
    ordering = ["-pk"]
    actions = ["remove"]
    refusals = (RoomError,)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.change_room")  # as the verb asks

    @reasoned(_("Remove from the room"))
    def remove(self, operator: User, stay: Membership, reason: str) -> None:
        actions.remove_member(by=operator, room=stay.room, user=stay.user)


@admin.register(Invitation)
class InvitationAdmin(ReasonedHistoryAdmin):
    list_display = ["room", "created_by", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["room", "created_by"]
    search_fields = ["code__exact", "room__public_id__exact"]
    search_help_text = _("A code or a room's id")
    ordering = ["-pk"]
    actions = ["revoke"]
    refusals = (RoomError,)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.change_room")

    @reasoned(_("Revoke the link"))
    def revoke(self, operator: User, invitation: Invitation, reason: str) -> None:
        actions.revoke_invitation(by=operator, invitation=invitation)
