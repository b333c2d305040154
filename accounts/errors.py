"""Why a verb about people refuses: a stable code, a sentence for the person, whether retrying can help."""

from django.utils.translation import gettext_lazy as _

_SENTENCES = {
    "NICKNAME_TAKEN": _("Somebody already uses this nickname. Try another one."),
    "NOT_GUEST": _("This is already a full account."),
    "INACTIVE": _("This account is not in use any more. Sign in again."),
    "MERGED": _("This guest has become part of another account and stays closed."),
    "NOT_YOURSELF": _("This is you."),
    "GUEST": _("Tokens are for full accounts. Make an account first."),
    "TOKEN_NAME": _("Give the token a name of at most 40 characters that can all be seen."),
    "TOO_MANY_TOKENS": _("You have very many tokens. Revoke one first."),
    "TOO_MANY_BLOCKS": _("You have blocked very many people. Unblock somebody first."),
    "DELETED": _("This account was deleted and stays so."),
    "HELD": _("You are in an order that is running. Ask its host to let you go first."),
    "OPEN_BALANCE": _("There is money open between you and others. Settle it first."),
    "HOSTING": _("You host an order that is not over. Hand it over or cancel it first."),
}


class AccountError(Exception):
    """`code` is one of the keys above; `detail` is in the language active when it is read."""

    def __init__(self, code: str, *, retry: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.retry = retry

    @property
    def detail(self) -> str:
        return str(_SENTENCES[self.code])
