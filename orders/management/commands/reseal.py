from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders import pay_accounts
from orders.errors import OrderError


class Command(BaseCommand):
    help = "Seals every pay account with the first of PAY_ACCOUNT_KEYS, so that older keys can be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = pay_accounts.reseal_all()
        except OrderError:
            raise CommandError("None of PAY_ACCOUNT_KEYS opens an account; is a key missing?") from None
        self.stdout.write(f"{count} sealed anew")
