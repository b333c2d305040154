"""Demo accounts and rooms. Refused unless DEMO=1, which only bin/run sets, on loopback."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from chat import demo

NOTE = Path(settings.BASE_DIR) / "var" / "demo-accounts.json"


class Command(BaseCommand):
    help = "Fill an empty installation with a small neighbourhood to try things with."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where people exist already")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO or settings.HTTPS:
            raise CommandError("Demo accounts are only for a trial on this machine: bin/run makes them.")
        if not User.objects.exists():
            NOTE.parent.mkdir(exist_ok=True)
            NOTE.touch(mode=0o600)
            NOTE.write_text(json.dumps(demo.fill(), ensure_ascii=False))
        elif not options["if_empty"]:
            raise CommandError("There are people already.")
        if NOTE.exists():
            accounts: dict[str, str] = json.loads(NOTE.read_text())
            for nickname, password in accounts.items():
                self.stdout.write(f"{nickname}  {password}")
