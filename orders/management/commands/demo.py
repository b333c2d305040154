"""Demo accounts, rooms and posts. Refused unless DEMO=1, which only bin/run sets, on loopback."""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from chat import demo as talk
from orders import demo

NOTE = Path(settings.BASE_DIR) / "var" / "demo-accounts.json"


class Command(BaseCommand):
    help = "Fill an empty installation with a neighbourhood to try things with, or finish one that was interrupted."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where people exist already")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO or settings.HTTPS:
            raise CommandError("Demo accounts are only for a trial on this machine: bin/run makes them.")
        if not User.objects.exists():
            password = secrets.token_urlsafe(6)
            NOTE.parent.mkdir(exist_ok=True)
            NOTE.touch(mode=0o600)
            NOTE.write_text(json.dumps(talk.fill(password), ensure_ascii=False))
            demo.fill(password)
        elif not options["if_empty"]:
            self._finish()
        if NOTE.exists():
            for nickname, password in self._accounts().items():
                self.stdout.write(f"{nickname}  {password}")
            self.stdout.write("The neighbours (see the posts) have the same password.")

    def _finish(self) -> None:
        """Only where the people are the demo's own."""
        accounts = self._accounts() if NOTE.exists() else {}
        if not accounts or User.objects.filter(nickname__in=accounts).count() < len(accounts):
            raise CommandError("There are people already.")
        made = demo.fill(next(iter(accounts.values())))
        self.stdout.write(f"{made} posts made." if made else "The neighbourhood is complete.")

    def _accounts(self) -> dict[str, str]:
        accounts: dict[str, str] = json.loads(NOTE.read_text())
        return accounts
