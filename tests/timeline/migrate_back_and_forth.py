"""Chat's migrations on a filled database, backwards and forwards; run by test_timeline_migrations.py on a new one."""

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import ProgrammingError, connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from accounts.models import User  # noqa: E402
from chat import actions as chat  # noqa: E402
from chat.models import Entry, Installation  # noqa: E402
from rooms import actions  # noqa: E402


def migrate_chat(name: str | None) -> None:
    """To this migration; None is before the first."""
    MigrationExecutor(connection).migrate([("chat", name)])


def latest() -> str:
    return next(
        name for app, name in MigrationExecutor(connection).loader.graph.leaf_nodes() if app == "chat"
    )


call_command("migrate", verbosity=0)
user = User.objects.create_user("짱구")
room = actions.create_room(user=user, title="김밥")
first = chat.post(user=user, room=room, cid="a", body="one")
before = list(Entry.objects.order_by("seq").values())
epoch = Installation.objects.get().epoch

migrate_chat("0001_initial")
try:
    chat.post(user=user, room=room, cid="b", body="two")
except ProgrammingError:
    pass
else:
    raise AssertionError("the function outlived its migration")

migrate_chat(latest())
assert list(Entry.objects.order_by("seq").values()) == before
assert Installation.objects.get().epoch == epoch, "numbers are counted on, so the epoch stays"
assert chat.post(user=user, room=room, cid="a", body="one") == first._replace(outcome="old")
assert chat.post(user=user, room=room, cid="b", body="two").seq == first.seq + 1

migrate_chat(None)
assert not [name for name in connection.introspection.table_names() if name.startswith("chat_")]
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_proc WHERE proname LIKE 'chat\\_%'")
    assert cursor.fetchone() == (0,)

migrate_chat(latest())
assert Installation.objects.get().epoch != epoch, "numbers begin anew"
fresh = actions.create_room(user=user, title="라면")
assert chat.post(user=user, room=fresh, cid="a", body="one").seq == 2
print("there and back")
