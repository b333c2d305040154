"""Writes the AsyncAPI 3.0 document of `rualone.v1`, generated from the structs that define and validate it (P7)."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chat.protocol_document import asyncapi, limits_table

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "asyncapi.json"
GUIDE = Path(settings.BASE_DIR) / "docs" / "protocol.md"
BEGIN, END = "<!-- limits: written by manage.py asyncapi -->", "<!-- end of limits -->"


class Command(BaseCommand):
    help = "Write docs/asyncapi.json and the limits table of docs/protocol.md from the protocol's structs."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="fail if the files are not up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {DOCUMENT: json.dumps(asyncapi(), indent=2, ensure_ascii=False) + "\n", GUIDE: _guide()}
        stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
        if options["check"] and stale:
            raise CommandError(f"Out of date: {', '.join(p.name for p in stale)}. Run manage.py asyncapi.")
        for path in stale:
            path.write_text(wanted[path])
            self.stdout.write(f"wrote {path.name}")


def _guide() -> str:
    text = GUIDE.read_text()
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    return f"{head}{BEGIN}\n{limits_table()}\n{END}{tail}"
