from typing import Any

from django.core.management.base import BaseCommand

from chat.installation import new_epoch


class Command(BaseCommand):
    help = "Begin a new epoch, after a restore or a lossy failover: every client loads its rooms anew."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"The epoch is {new_epoch()} now; workers notice within seconds.")
