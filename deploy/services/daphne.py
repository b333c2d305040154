"""One Daphne worker as a child."""

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from deploy.services.process import Process

_ROOT = Path(__file__).resolve().parents[2]


class Daphne(Process):
    """`config.asgi:application` served on 127.0.0.1:port; ready when GET /healthz answers 200."""

    def __init__(self, port: int, env: Mapping[str, str], log: Path, *, grace: float = 10.0) -> None:
        """`env` is the worker's whole environment, `log` the file that its output is appended to."""
        self.port = port
        super().__init__(
            f"Daphne on port {port}",
            [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "config.asgi:application"],
            log=log,
            env=env,
            cwd=_ROOT,
            ready=self._healthy,
            ready_within=60,
            grace=grace,
        )

    def url(self, path: str = "/") -> str:
        """An http:// address of this worker."""
        return f"http://127.0.0.1:{self.port}{path}"

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(self.url("/healthz"), timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False
