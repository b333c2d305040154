"""ejabberd's multi-user chat (Debian's), with and without its archive, one scheduler for the one core.

The archive is Mnesia's table on disk; nobody waits until the disk has it.
"""

import os
import shutil
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.servers import listening, log
from deploy.services import Process, ServiceError, free_port
from deploy.services.debian import program

_CONFIG = """
loglevel: warning
hosts: [localhost]
listen:
  - port: {port}
    ip: 127.0.0.1
    module: ejabberd_http
    request_handlers:
      /ws: ejabberd_http_ws
auth_method: [anonymous]
anonymous_protocol: sasl_anon
allow_multiple_connections: true
modules:
  mod_muc:
    history_size: 0
    max_users: 5000
    default_room_options:
      max_users: 5000
      # Who comes and goes is not told to everybody: it is not what is measured.
      presence_broadcast: []
      mam: {archive}
  mod_mam:
    db_type: mnesia
"""


def ejabberd(machine: Machine, *, archive: bool) -> Process:
    """A node without a name: it needs no port mapper."""
    program("ejabberdctl", "ejabberd")
    erl, port = program("erl", "erlang-base"), free_port()
    code = next(Path("/usr/lib").glob("*/ejabberd-*/ebin"), None)
    if code is None:
        raise ServiceError(
            "ejabberd is installed, but not where Debian puts it (/usr/lib/*/ejabberd-*/ebin)."
        )
    home = machine.directory / "ejabberd"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "ejabberd.yml").write_text(_CONFIG.format(port=port, archive=str(archive).lower()))
    env = {
        **os.environ,
        "HOME": str(home),
        "ERL_LIBS": str(code.parent.parent),
        "EJABBERD_CONFIG_PATH": str(home / "ejabberd.yml"),
        "EJABBERD_LOG_PATH": str(home / "ejabberd.log"),
        "SPOOL_DIR": str(home),
    }
    command = [
        erl, "+S", "1:1", "+K", "true", "-noinput", "-pa", str(code), "-mnesia", "dir", f'"{home}/mnesia"',
        "-s", "ejabberd",
    ]  # fmt: skip
    process = listening(
        f"ejabberd on port {port}", command, port, log(machine, "ejabberd"), env, ready_within=60
    )
    process.stop_signals = ()  # killed with all that is below it: there is nothing to save
    return process
