"""The tables of orders go and come back, with what lies beneath them untouched."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "orders_migrations"

SCRIPT = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
from accounts.models import User
from orders.models import Post, Seat
from rooms.models import Room
from tests.orders.table import make_post
post = make_post(User.objects.create_user("짱구"))
call_command("migrate", "orders", "zero", verbosity=0)
assert not [name for name in connection.introspection.table_names() if name.startswith("orders_")]
assert Room.objects.get().title == "오늘 저녁 치킨"
call_command("migrate", "accounts", "0001", verbosity=0)
call_command("migrate", verbosity=0)
assert (Post.objects.count(), Seat.objects.count()) == (0, 0)
make_post(User.objects.create_user("철수"))
print("there and back")
"""


@pytest.fixture
def new_database() -> Iterator[str]:
    """The address of an empty database on the tests' server."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    address = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
        yield urlunsplit(parts._replace(path=f"/{NAME}"))
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.mark.slow
def test_the_tables_go_and_come_back(new_database: str) -> None:
    env = {**os.environ, "DATABASE_URL": new_database, "BUS_URL": "memory://", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=env, cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "there and back"
