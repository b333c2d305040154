"""One worker of `manage.py serve` as a child."""

import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.services.daphne import Daphne


class Worker(Daphne):
    """Our own worker on 127.0.0.1:port; used like Daphne."""

    def __init__(self, port: int, env: Mapping[str, str], log: Path, *more: str, grace: float = 20.0) -> None:
        """`more` are further arguments of `manage.py serve`; `grace` must be longer than its draining."""
        super().__init__(port, env, log, grace=grace)
        self.name = f"worker on port {port}"
        self.command = [sys.executable, "manage.py", "serve", "--port", str(port), *more]
