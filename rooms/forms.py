"""What people type about rooms; the verbs decide whether it holds."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import NicknameField
from rooms.models import TITLE_MAX

EXPIRIES = {"1d": timedelta(days=1), "7d": timedelta(days=7), "never": None}


class RequestKeyField(forms.UUIDField):
    """A key made with the form, so that the verb recognises its second submission. Nonsense reads as none."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, initial=uuid4)

    def clean(self, value: Any) -> UUID | None:
        try:
            return super().clean(value)
        except forms.ValidationError:
            return None


class RoomForm(forms.Form):
    title = forms.CharField(
        label=_("Name"),
        max_length=4 * TITLE_MAX,
        error_messages={"required": _("Give the room a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_open = forms.BooleanField(
        label=_("Open to everybody"),
        required=False,
        help_text=_("Anyone signed in can find it and come in. Otherwise people come by your link."),
    )
    request_key = RequestKeyField()


class RenameForm(forms.Form):
    title = forms.CharField(label=_("Name"), max_length=4 * TITLE_MAX, required=False)


class InvitationForm(forms.Form):
    expires = forms.ChoiceField(
        label=_("How long it lasts"),
        choices=[("1d", _("1 day")), ("7d", _("7 days")), ("never", _("No end"))],
        initial="7d",
    )

    def expires_in(self) -> timedelta | None:
        """Of a valid form."""
        return EXPIRIES[self.cleaned_data["expires"]]


class GuestForm(forms.Form):
    nickname = NicknameField(help_text=_("A nickname is enough. No account needed."))
    request_key = RequestKeyField()
