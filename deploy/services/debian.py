"""Programs that Debian packages bring."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.services.process import ServiceError


def program(name: str, packages: str) -> str:
    """The program's path. As root on Debian it is installed when it is missing; else ServiceError says how."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    if found := shutil.which(name, path=path):
        return found
    if os.geteuid() == 0 and Path("/etc/debian_version").exists():
        print(f"{name} is missing: installing {packages} from Debian.", file=sys.stderr)
        run(["apt-get", "update", "-qq"], Path("/"))
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages.split()], Path("/"))
        if found := shutil.which(name, path=path):
            return found
    raise ServiceError(
        f"{name} is needed and not installed. On Debian or Ubuntu: "
        f"sudo apt-get install --no-install-recommends {packages}"
    )


def version(package: str) -> dict[str, str]:
    """Of an installed package."""
    return {package: said(["dpkg-query", "-W", "-f", "${Version}", package])}


def run(command: Sequence[str], where: Path) -> None:
    """Run to the end; ServiceError with its last words if it fails."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise ServiceError(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-600:]}")


def said(command: Sequence[str]) -> str:
    """What the command prints; "unknown" if it cannot be run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip() or "unknown"
    except OSError:
        return "unknown"
