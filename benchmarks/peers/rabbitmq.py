"""RabbitMQ (Debian's) with Web-STOMP: topics, transient messages, one scheduler for the one core."""

import os
import shutil

from benchmarks.machine import Machine
from benchmarks.peers.debian import program
from benchmarks.servers import listening, log
from deploy.services import Process, free_port

_CONFIG = """
listeners.tcp = none
stomp.listeners.tcp = none
web_stomp.tcp.ip = 127.0.0.1
web_stomp.tcp.port = {port}
web_stomp.ws_frame = text
log.console = true
log.console.level = warning
"""


def rabbitmq(machine: Machine) -> Process:
    """A node of its own, with a port mapper of its own that ends with it."""
    binary = program("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
    epmd, port = program("epmd", "erlang-base"), free_port()
    home = machine.directory / "rabbitmq"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "rabbitmq.conf").write_text(_CONFIG.format(port=port))
    (home / "enabled_plugins").write_text("[rabbitmq_web_stomp].\n")
    env = {
        **os.environ,
        "HOME": str(home),
        "ERL_EPMD_PORT": str(free_port()),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": "bench@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
    }
    # Left to itself Erlang starts a port mapper that outlives everybody.
    command = ["/bin/sh", "-c", '"$0" & exec "$1"', epmd, binary]
    process = listening(
        f"RabbitMQ on port {port}", command, port, log(machine, "rabbitmq"), env, ready_within=90
    )
    process.stop_signals = ()  # killed with all that is below it: there is nothing to save
    return process
