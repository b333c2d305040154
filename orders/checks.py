"""System checks of orders."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_pay_account_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without a key everything works but getting paid: accounts are neither kept nor shown."""
    if settings.PAY_ACCOUNT_KEYS:
        return []
    return [
        Warning(
            "PAY_ACCOUNT_KEYS is not set: hosts cannot give the account that they are paid back to.",
            hint="32 random bytes in URL-safe base64: openssl rand -base64 32 | tr +/ -_",
            id="orders.W001",
        )
    ]
