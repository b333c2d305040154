"""Servers of others for the same app."""

import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.services import Daphne


class Uvicorn(Daphne):
    """uvicorn as it comes, with the WebSocket implementation that bounds what it takes in and puts out; used like
    Daphne."""

    def __init__(self, port: int, env: Mapping[str, str], log: Path, *, grace: float = 10.0) -> None:
        super().__init__(port, env, log, grace=grace)
        self.name = f"uvicorn on port {port}"
        self.command = [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port)]
        self.command += ["--ws", "websockets-sansio", "--lifespan", "off", "config.asgi:application"]
