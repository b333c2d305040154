"""Runs a verb in a forked process that SIGKILLs itself at the k-th point: around each statement and COMMIT."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True)
class Ending:
    """How a run went. `passed`: what it had done, such as "after UPDATE"."""

    killed: bool
    committed: bool
    passed: list[str]


def run_killed_at(point: int, verb: Callable[[], object]) -> Ending:
    """Fork, run the verb, die at the point (from 1); the connection of this process is closed before."""
    connection.close()
    here, there = os.pipe()
    child = os.fork()
    if not child:
        os.close(here)
        code = 70
        try:
            _die_at(point, there)
            verb()
            code = 0
        except BaseException as error:
            os.write(there, f"{error!r}\n".encode())
        finally:
            os._exit(code)
    os.close(there)
    with open(here) as told:
        passed = told.read().splitlines()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    assert killed or os.WEXITSTATUS(status) == 0, passed
    return Ending(killed, "after COMMIT" in passed, passed)


def _die_at(point: int, report: int) -> None:
    reached = 0

    def reach(where: str) -> None:
        nonlocal reached
        reached += 1
        os.write(report, (where + "\n").encode())
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute(do: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        word = " ".join(sql.split()[:4])
        reach(f"before {word}")
        result = do(sql, params, many, context)
        reach(f"after {word}")
        return result

    commit = connection._commit

    def counted_commit() -> None:
        reach("before COMMIT")
        commit()
        reach("after COMMIT")

    connection.execute_wrappers.append(execute)
    connection._commit = counted_commit
