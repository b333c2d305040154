"""Looks for what the missing foreign keys and the gapless numbers would forbid."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

FAULTS = {
    "rooms whose numbers have a gap": """
        SELECT room_id FROM chat_entry GROUP BY room_id HAVING count(*) <> max(seq) OR min(seq) <> 1""",
    "entries without a timeline": """
        SELECT DISTINCT e.room_id FROM chat_entry e LEFT JOIN chat_timeline t USING (room_id)
        WHERE t.room_id IS NULL""",
    "entries whose sender does not exist": """
        SELECT DISTINCT e.sender_id FROM chat_entry e LEFT JOIN accounts_user u ON u.id = e.sender_id
        WHERE e.sender_id IS NOT NULL AND u.id IS NULL""",
    "changes whose target does not exist": """
        SELECT e.id FROM chat_entry e LEFT JOIN chat_entry t ON t.room_id = e.room_id AND t.seq = e.target
        WHERE e.target IS NOT NULL AND t.id IS NULL""",
    "rooms without a timeline": """
        SELECT r.id FROM rooms_room r LEFT JOIN chat_timeline t ON t.room_id = r.id WHERE t.room_id IS NULL""",
}


class Command(BaseCommand):
    help = "Check the whole timeline: no gaps, no orphans. Reads every entry, so not on the hour of the rush."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for what, sql in FAULTS.items():
            with connection.cursor() as cursor:
                cursor.execute(f"{sql} LIMIT 20")
                ids = [str(row[0]) for row in cursor.fetchall()]
            if ids:
                found += 1
                self.stderr.write(f"{what}: {', '.join(ids)}")
        if found:
            raise CommandError(f"{found} kinds of fault.")
        self.stdout.write("The timeline is sound.")
