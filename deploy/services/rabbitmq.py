"""RabbitMQ (Debian's) as a child, without an init system: a bus, so nothing is kept."""

import os
import secrets
import shutil
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.services.debian import program
from deploy.services.ports import free_port
from deploy.services.privileges import Account, own, reachable_directory, service_account
from deploy.services.process import Process
from deploy.services.server import Server

# Loopback and a password, because other users of the machine share the loopback. A full disk or little memory would
# block publishers without a word; nothing is stored here, so neither is watched.
_CONFIG = """
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
loopback_users = none
disk_free_limit.absolute = 1MB
log.console = true
log.console.level = warning
"""
_PREAMBLE, _FRAME_OF_A_METHOD = b"AMQP\x00\x00\x09\x01", b"\x01"


class RabbitMQ(Server):
    """A RabbitMQ node on loopback with a user of its own; its log is `directory/rabbitmq.log`."""

    name = "RabbitMQ"
    user = "rualone"

    def __init__(self, directory: Path | str, port: int | None = None) -> None:
        super().__init__(directory, port)
        self.password = secrets.token_hex(24)

    def url(self) -> str:
        """An amqp:// address, for BUS_URL."""
        return f"amqp://{self.user}:{self.password}@127.0.0.1:{self.port}"

    def _make_process(self) -> Process:
        config = _CONFIG.format(port=self.port, user=self.user, password=self.password)
        return node(
            f"RabbitMQ on port {self.port}",
            self.directory,
            config,
            plugins=(),
            log=self.directory / "rabbitmq.log",
            ready=self._answers,
        )

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(_PREAMBLE)
                return link.recv(1) == _FRAME_OF_A_METHOD
        except OSError:
            return False


def binaries() -> tuple[str, str]:
    """The server and Erlang's port mapper; as root on Debian installed if need be, else ServiceError says how."""
    server = program("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
    return server, program("epmd", "erlang-base")


def node(
    name: str, directory: Path, config: str, *, plugins: Sequence[str], log: Path, ready: Callable[[], bool]
) -> Process:
    """A fresh node of its own, with a port mapper of its own that ends with it; one scheduler is enough for us."""
    binary, epmd = binaries()
    account = service_account(directory)
    home = _home(reachable_directory(directory, account) / "node", account)
    for file, text in (("rabbitmq.conf", config), ("enabled_plugins", f"[{','.join(plugins)}].\n")):
        (home / file).write_text(text)
        own(home / file, account, 0o600)
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        "ERL_EPMD_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": "rualone@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
    }
    return Process(
        name,
        # Left to itself Erlang starts a port mapper that outlives everybody.
        ["/bin/sh", "-c", '"$0" & exec "$1"', epmd, binary],
        log=log,
        env=env,
        cwd=home,
        account=account,
        stop_signals=(),  # killed with all that is below it: there is nothing to save
        ready=ready,
        ready_within=90,
    )


def _home(home: Path, account: Account | None) -> Path:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    own(home, account, 0o700)
    return home
