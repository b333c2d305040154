"""Why a verb about rooms refuses: a stable code, a sentence for the person, whether retrying can help."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

_REFUSALS: dict[str, tuple[int, object]] = {
    "NOT_FOUND": (404, _("There is no such room, or you are not in it.")),
    "NOT_MEMBER": (404, _("This person is not in the room.")),
    "NOT_HOST": (403, _("Only the host can do this.")),
    "NOT_YOURSELF": (400, _("You cannot remove yourself. Leave the room instead.")),
    "GUEST": (403, _("Guests come in by an invitation link. Make an account to do this.")),
    "INACTIVE": (403, _("This account is not in use any more. Sign in again.")),
    "REMOVED": (403, _("The host has removed you from this room.")),
    "ROOM_FULL": (409, _("This room is full.")),
    "TOO_MANY_ROOMS": (409, _("You are in very many rooms. Leave one first.")),
    "TOO_MANY_INVITATIONS": (409, _("This room has very many links. Revoke one first.")),
    "NICKNAME_TAKEN": (409, _("Somebody in this room already has this nickname. Try another one.")),
    "INVITATION_EXPIRED": (410, _("This invitation has expired. Ask for a new link.")),
    "INVITATION_REVOKED": (410, _("This invitation is not valid any more. Ask for a new link.")),
    "TITLE_EMPTY": (400, _("Give the room a name.")),
    "TITLE_TOO_LONG": (400, _("The name is too long. 60 characters are enough.")),
    "TITLE_INVISIBLE": (400, _("The name has a character that cannot be seen. Type it again without it.")),
}


class RoomError(Exception):
    """`code` is one of the keys above and stays; `detail` is in the language active when it is read.

    Apps above refuse the same verbs (`rooms.signals.member_joining`) by a subclass with `refusals` of its own.
    """

    refusals: ClassVar[Mapping[str, tuple[int, object]]] = _REFUSALS

    def __init__(self, code: str, *, retry: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.retry = retry

    @property
    def detail(self) -> str:
        return str(self.refusals[self.code][1])

    @property
    def status(self) -> int:
        """The HTTP status that says the same."""
        return self.refusals[self.code][0]
