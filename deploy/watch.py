"""Bringing services back that die."""

import time
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, Protocol

from deploy.services.process import ServiceError

_FIRST, _LONGEST = 1.0, 30.0  # seconds between a death and the next start, doubling
_STEADY = 60.0  # seconds of life after which a death counts as the first again


class Service(Protocol):
    """A Process or a Server."""

    name: str

    @property
    def alive(self) -> bool: ...
    def ending(self) -> str: ...
    def restart(self) -> Any: ...


class _Watched:
    """One service and when to start it again."""

    def __init__(self, service: Service, say: Callable[[str], None]) -> None:
        self.service, self.say = service, say
        self.delay = _FIRST
        self.due: float | None = None
        self.since = time.monotonic()

    def look(self, now: float) -> None:
        """Report a death at once; start again when it is due."""
        if self.service.alive:
            if now - self.since > _STEADY:
                self.delay = _FIRST
        elif self.due is None:
            self._bury(now)
        elif now >= self.due:
            self._raise()

    def _bury(self, now: float) -> None:
        how = f"{self.service.ending()}; see its log in var/run"
        self.say(f"{self.service.name} died ({how}); starting it again in {self.delay:g} s.")
        self.due, self.delay = now + self.delay, min(self.delay * 2, _LONGEST)

    def _raise(self) -> None:
        self.due = None
        try:
            self.service.restart()
        except ServiceError as error:
            self.say(str(error))
        else:
            self.since = time.monotonic()
            self.say(f"{self.service.name} is back.")


def watch(services: Iterable[Service], say: Callable[[str], None]) -> NoReturn:
    """Look after the services for ever; ends only by an exception, such as a signal handler's."""
    watched = [_Watched(service, say) for service in services]
    while True:
        for each in watched:
            each.look(time.monotonic())
        time.sleep(0.2)
