"""Sign-up, sign-in and becoming a full account: a nickname, a password and, if one likes, an e-mail address."""

from datetime import timedelta
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.fields import EmailField, PasswordField
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.errors import AccountError
from accounts.models import TOKEN_NAME_MAX, User
from accounts.nicknames import NICKNAME_MAX, clean_nickname, nickname_key

RAW_MAX = 4 * NICKNAME_MAX  # a decomposed Hangul syllable takes three code points


class NicknameField(forms.CharField):
    """Cleans to a nickname as it is stored (`accounts.nicknames.clean_nickname`)."""

    default_error_messages = {"required": _("Type a nickname.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Nickname"))
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": RAW_MAX,
        }

    def clean(self, value: Any) -> str:
        return clean_nickname(super().clean(value))


def _new_password_field() -> PasswordField:
    return PasswordField(
        label=_("Password"), help_text=_("8 characters or more."), autocomplete="new-password", min_length=8
    )


def _email_field() -> EmailField:
    help_text = _("Only for the day you forget your password.")
    return EmailField(label=_("E-mail, if you like"), required=False, help_text=help_text)


def _without_placeholders(form: forms.BaseForm) -> None:
    """Labels say it already; a placeholder that repeats them is read twice."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class SignupForm(allauth_forms.SignupForm):
    """allauth's form with our fields; allauth calls the nickname `username`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = NicknameField(help_text=_("This is how others see you."))
        self.fields["email"] = _email_field()
        self.fields["password1"] = _new_password_field()
        self.order_fields(["username", "password1", "email"])
        _without_placeholders(self)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """As allauth's; somebody who took the nickname since it was checked is an answer, not an error."""
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            self.add_error("username", get_adapter().validation_error("username_taken"))
            return None, render(request, "account/signup.html", {"form": self}, status=409)


class LoginForm(allauth_forms.LoginForm):
    """The nickname may be written in any case and form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Nickname")
        self.fields["login"].max_length = RAW_MAX
        self.fields["login"].validators = []
        self.fields["login"].widget.attrs |= {
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": RAW_MAX,
        }
        self.fields["password"].label = _("Password")
        _without_placeholders(self)

    def clean_login(self) -> str:
        login = self.cleaned_data["login"]
        if "\0" in login or len(login) > RAW_MAX:
            raise get_adapter().validation_error("username_password_mismatch")
        return nickname_key(login)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    """allauth's form in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Password now")
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = _("8 characters or more.")
        self.fields["password2"].label = _("New password once more")
        _without_placeholders(self)


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """allauth's form in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        _without_placeholders(self)


class UpgradeForm(forms.Form):
    """What a guest gives to become a full account; the verb decides whether the nickname is free."""

    nickname = NicknameField()
    password = _new_password_field()
    email = _email_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["nickname"].initial = user.nickname
        self.user = user
        _without_placeholders(self)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if password := data.get("password"):
            future = User(nickname=data.get("nickname", ""), email=data.get("email", ""))
            try:
                get_adapter().clean_password(password, user=future)
            except ValidationError as weak:
                self.add_error("password", weak)
        return data

    def refuse(self, error: AccountError) -> None:
        """Show why the verb said no at the field it is about."""
        self.add_error("nickname" if error.code == "NICKNAME_TAKEN" else None, error.detail)


class TokenForm(forms.Form):
    """A new access token; the verb decides whether the name holds."""

    name = forms.CharField(
        label=_("What it is for"),
        help_text=_("A name for you alone: “bot on my server”."),
        max_length=4 * TOKEN_NAME_MAX,
        error_messages={"required": _("Give the token a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    expires = forms.ChoiceField(
        label=_("How long the token lasts"),
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("never", _("No end"))],
        initial="90",
    )

    def expires_in(self) -> timedelta | None:
        """Of a valid form."""
        chosen = self.cleaned_data["expires"]
        return None if chosen == "never" else timedelta(days=int(chosen))
