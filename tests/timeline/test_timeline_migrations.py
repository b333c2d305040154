"""Migrations: complete, and good in both directions over data."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("migrate_back_and_forth.py")
NAME = "timeline_migrations"


def test_no_model_change_is_without_its_migration(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


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
def test_a_filled_database_goes_back_and_forth(new_database: str) -> None:
    env = {**os.environ, "DATABASE_URL": new_database, "BUS_URL": "memory://", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "there and back"
