"""Two real workers over a real bus (Valkey, unless told otherwise), on the tests' database, and who plays there."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from accounts.models import User
from deploy.services import Daphne, Valkey, Worker, free_port
from deploy.services.server import Server
from rooms.models import Room

T = TypeVar("T")
EPOCH = "tests"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Workers:
    """Two workers and their bus."""

    bus: Server
    first: Daphne
    second: Daphne
    logs: Path
    bus_url: str

    @property
    def ports(self) -> tuple[int, int]:
        return self.first.port, self.second.port


def worker_env(bus_url: str, **more: str) -> dict[str, str]:
    """The environment of a worker on the tests' database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
    bounds = {"DATABASE_POOL": "12", "CHAT_SENDS_PER_SECOND": "2000", "CHAT_SENDS_BURST": "5000"}
    return {**os.environ, "DATABASE_URL": database, "BUS_URL": bus_url, **bounds, **more}


def start_workers(
    directory: Path, kind: type[Daphne] = Worker, *, bus: tuple[Server, str] | None = None, **more: str
) -> Workers:
    """`bus`: a running server and its BUS_URL; else a Valkey is started, which ends with the workers."""
    if bus is None:
        valkey = Valkey(directory / "valkey").start()
        bus = valkey, valkey.url()
    server, url = bus
    env = worker_env(url, **more)
    workers = [kind(free_port(), env, directory / f"worker{n}.log") for n in (1, 2)]
    for worker in workers:
        worker.spawn()
    for worker in workers:
        worker.wait_ready()
    return Workers(server, workers[0], workers[1], directory, url)


def stop_workers(workers: Workers) -> None:
    for worker in (workers.first, workers.second):
        worker.stop()
    workers.bus.stop()


def sign_in(user: User) -> str:
    """A session for the user; its key."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@dataclass
class Cast:
    """Who plays: a host and a member in one room, an outsider beside it; their session keys."""

    host: User
    member: User
    outsider: User
    room: Room
    sessions: dict[str, str]


async def in_thread(function: Callable[..., T], *args: object, **kwargs: object) -> T:
    """A blocking call of the ORM off the loop; its connection does not outlive it."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(call)
