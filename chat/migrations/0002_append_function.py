"""The function that numbers entries, and the installation's epoch."""

import secrets
from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


def create_installation(apps, schema_editor):
    apps.get_model("chat", "Installation").objects.get_or_create(
        pk=1, defaults={"epoch": secrets.token_hex(6)}
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (SQL / "append_1.sql").read_text(),
            "DROP FUNCTION chat_append_1(bigint[], bigint[], text[], text[], text[], bigint[], boolean[], boolean[],"
            " boolean[], integer)",
        ),
        migrations.RunPython(create_installation, migrations.RunPython.noop),
    ]
