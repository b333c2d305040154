"""The tests' database, from outside Django."""

import psycopg
from django.db import connection


def same_database() -> dict[str, object]:
    """psycopg's arguments for the database that this test's workers are on."""
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {name: connection.settings_dict[key] for key, name in names.items()}


def until_somebody_waits() -> None:
    """Until a query stands before a lock."""
    with psycopg.connect(**same_database(), autocommit=True) as watcher:
        for _ in range(2_000):
            row = watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            if row and row[0]:
                return
            watcher.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody ever asked")
