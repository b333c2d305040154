"""Refusals of chat's verbs: a stable code, a human sentence, whether trying again can help, and an HTTP status."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Refusal:
    code: str
    detail: "str | Promise"
    retry: bool = False
    status: int = 400


class ChatError(Exception):
    """Nothing was written."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


NOT_MEMBER: Final = Refusal("NOT_MEMBER", _("You are not in this room."), status=403)
READ_ONLY: Final = Refusal("READ_ONLY", _("This room can only be read now."), status=409)
NOT_FOUND: Final = Refusal("NOT_FOUND", _("There is no such message."), status=404)
NOT_YOURS: Final = Refusal("NOT_YOURS", _("This message is somebody else's."), status=403)
NOT_EDITABLE: Final = Refusal("NOT_EDITABLE", _("This message cannot be changed."), status=409)
BUSY: Final = Refusal("BUSY", _("The room is busy. Please try again."), retry=True, status=503)
UNAVAILABLE: Final = Refusal(
    "UNAVAILABLE", _("We cannot reach our database. Please try again."), retry=True, status=503
)
NO_ROOM: Final = Refusal("NO_ROOM", _("There is no such room, or you are not in it."), status=404)
