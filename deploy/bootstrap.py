"""`bootstrap.py FILE…`: make .venv hold what the pinned requirement files say; nothing to do when it does.

Runs on whatever Python was found, before anything is installed: standard library only.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"  # {requirement file: hash of its text when it was installed}


def main(files: list[str]) -> int:
    """Exit status; every failure ends with one sentence."""
    lock_file = ROOT / "var" / "bootstrap.lock"
    lock_file.parent.mkdir(exist_ok=True)
    with lock_file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands started together install once
        wanted = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in files}
        have = installed()
        if wanted.items() <= have.items():
            return 0
        problem = make_venv() or install(files)
        if problem:
            print(problem, file=sys.stderr)
            return 1
        STAMP.write_text(json.dumps(have | wanted))
    return 0


def installed() -> dict[str, str]:
    """What the stamp says; nothing when the environment's Python no longer works."""
    try:
        works = subprocess.run([PYTHON, "-c", ""], capture_output=True, timeout=60).returncode == 0
        return dict(json.loads(STAMP.read_text())) if works else {}
    except (OSError, ValueError):
        return {}


def make_venv() -> str | None:
    """Make .venv with pip in it, unless a working one is there; a sentence if that cannot be done."""
    if PYTHON.exists() and run(PYTHON, "-m", "pip", "--version", quiet=True):
        return None
    print(f"Making .venv with Python {sys.version.split()[0]}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    venv.EnvBuilder(with_pip=False, symlinks=True).create(VENV)
    if find_spec("ensurepip") and run(PYTHON, "-m", "ensurepip", "--default-pip", quiet=True):
        return None
    # Debian without python3-venv: no ensurepip, but the system's pip can install into another environment.
    if find_spec("pip") and run(sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "pip"):
        return None
    return f"{sys.executable} has neither ensurepip nor a working pip: apt-get install -y python3-venv python3-pip"


def install(files: list[str]) -> str | None:
    """Install the files' packages; a sentence if that fails."""
    print("Installing the pinned Python packages (the first time about a minute)", flush=True)
    arguments = [word for name in files for word in ("-r", ROOT / name)]
    options = ["--require-hashes", "--only-binary=:all:", "--disable-pip-version-check", "--no-input"]
    if run(PYTHON, "-m", "pip", "install", *options, *arguments):
        return None
    return "The Python packages could not be installed; pip's own words are above."


def run(*command: str | Path, quiet: bool = False) -> bool:
    """Whether the command succeeded."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode == 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
