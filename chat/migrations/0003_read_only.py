"""Rooms that can only be read from some moment on. The function of the release before stays, for its workers."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_append_function")]

    operations = [
        migrations.AddField("timeline", "writable_until", models.DateTimeField(null=True)),
        migrations.RunSQL(
            (SQL / "append_2.sql").read_text(),
            "DROP FUNCTION chat_append_2(bigint[], bigint[], text[], text[], text[], bigint[], boolean[], boolean[],"
            " boolean[], integer)",
        ),
    ]
