"""The npm packages of the tests in tests/stomp: STOMP clients for node and for browsers, pinned by a lock file."""

import os
import shutil
import subprocess
from pathlib import Path

from deploy.services.process import ServiceError

HOME = Path(__file__).resolve().parent.parent.parent / "tests" / "stomp"
MODULES = HOME / "node_modules"
_INSTALL = "apt-get update && apt-get install -y --no-install-recommends nodejs npm"


def missing() -> bool:
    """Not installed, or the lock file has changed since."""
    installed = MODULES / ".package-lock.json"
    return not installed.exists() or installed.stat().st_mtime < (HOME / "package-lock.json").stat().st_mtime


def install() -> None:
    """What the lock file says, without running anybody's scripts. Raises ServiceError with the way out."""
    if not missing():
        return
    npm = shutil.which("npm") or _debian_npm()
    print("Installing the STOMP clients of tests/stomp", flush=True)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=HOME, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise ServiceError(f"npm ci failed in tests/stomp: {(done.stderr or done.stdout).strip()[-600:]}")


def _debian_npm() -> str:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing npm for the tests of STOMP clients", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(
            ["/bin/sh", "-c", _INSTALL], env=env, stdin=subprocess.DEVNULL, timeout=900, check=False
        )
        if npm := shutil.which("npm"):
            return npm
    raise ServiceError(
        f"The tests of STOMP clients need npm. On Debian, as root: {_INSTALL}. On macOS: brew install node. "
        "Or leave them out: bin/test --quick"
    )
