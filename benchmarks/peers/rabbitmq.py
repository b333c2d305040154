"""RabbitMQ (Debian's) with Web-STOMP: topics, transient messages, one scheduler for the one core."""

from benchmarks.machine import Machine
from benchmarks.servers import accepts, log
from deploy.services import Process, free_port
from deploy.services.rabbitmq import node

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
    """A node with the plugin and no other listener."""
    port = free_port()
    process = node(
        f"RabbitMQ on port {port}",
        machine.directory / "rabbitmq",
        _CONFIG.format(port=port),
        plugins=["rabbitmq_web_stomp"],
        log=log(machine, "rabbitmq"),
        ready=lambda: accepts(port),
    )
    process.port = port
    return process
