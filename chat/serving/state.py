"""What the rest of the process may know of its server."""

from typing import Final


class ServerState:
    """`draining`: no new work, please; /readyz says so to the load balancer."""

    draining = False


RESTART: Final = 1012  # the close code for "come back, the server restarts"

state = ServerState()
