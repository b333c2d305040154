"""`python -m tests.orders.lines_anew` writes the patterns of lines.json anew, after a kind or its Korean has changed.

Settings are those of the environment: SECRET_KEY=x DATABASE_URL=postgres://a@b/c will do.
"""

import json
from pathlib import Path

import django

TARGET = Path(__file__).with_name("lines.json")


def main() -> None:
    django.setup()
    from tests.orders.test_lines import EXAMPLES, patterns  # they need the apps

    TARGET.write_text(json.dumps(EXAMPLES | {"patterns": patterns()}, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
