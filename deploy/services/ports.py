"""Loopback TCP ports."""

import random
import socket

# The kernel hands ports from 32768 up to clients; one of those may be taken between choosing and binding.
_LOW, _HIGH = 20_000, 32_767
_random = random.SystemRandom()  # tests seed the ordinary one, and then get the same ports again
_given: set[int] = set()  # by this process: a server that needs several asks before it binds any


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on host:port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port with connections in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free loopback port below 32768, at random so that parallel runs seldom pick the same; each is given once."""
    for _ in range(1000):
        port = _random.randint(_LOW, _HIGH)
        if port not in _given and port_is_free(port):
            _given.add(port)
            return port
    raise RuntimeError(f"No free port on 127.0.0.1 between {_LOW} and {_HIGH}.")
