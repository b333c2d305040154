"""`guard.py PID`: kill PID and its group when our standard input closes, which is when our parent ends."""

import os
import signal
import sys


def main() -> None:
    pid = int(sys.argv[1])
    while os.read(0, 1024):
        pass
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # gone already


if __name__ == "__main__":
    main()
