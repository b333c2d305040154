"""What the rest of the process may know of its server."""


class ServerState:
    """`draining`: no new work, please; /readyz says so to the load balancer."""

    draining = False


state = ServerState()
