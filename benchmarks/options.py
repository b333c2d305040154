"""What the command line asks of a scene."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`peers`: names in benchmarks.peers.PEERS. `server`: what serves ours, a name in benchmarks.servers.OURS."""

    quick: bool = False
    runs: int = 3
    seconds: float = 6.0  # that each load is measured
    peers: tuple[str, ...] = ("tutorial",)
    server: str = "serve"
    rates: tuple[float, ...] | None = None  # messages a second, open loop; None: what the scene has
    members: int | None = None  # of the one room of `fanout`; None: 500
