"""Running servers without root's rights when we are root, from places that an unprivileged user can reach.

PostgreSQL refuses to run as root. Another user must be able to traverse to its binaries and its data; under /root
(mode 700) it cannot. Then binaries are copied, and data is kept, below /var/lib/rualone, where only root can write.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PUBLIC = Path("/var/lib/rualone")
_SOURCE = "kept-for"  # beside relocated data: the directory it belongs to


@dataclass(frozen=True)
class Account:
    """An operating-system user to run a server as."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments for subprocess."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, binary: Path) -> bool:
        """Whether this user can execute `binary` and load its libraries."""
        command = [str(binary), "--version"]
        try:
            run = subprocess.run(command, cwd="/", capture_output=True, timeout=20, **self.popen_options())
        except (PermissionError, FileNotFoundError, subprocess.SubprocessError):
            return False
        return run.returncode == 0

    def can_enter(self, directory: Path) -> bool:
        """Whether this user can traverse to and into `directory`."""
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)]
        done = subprocess.run(command, cwd="/", capture_output=True, timeout=20, **self.popen_options())
        return done.returncode == 0


def service_account(directory: Path) -> Account | None:
    """Whom to run a server with data in `directory` as: None for ourselves, else (we are root) an unprivileged user.

    It is the owner of the directory if that is not root, so that data stays readable, else `nobody`.
    """
    if os.geteuid() != 0:
        return None
    owner = directory.stat().st_uid if directory.exists() else 0
    entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid % 2**32, entry.pw_gid % 2**32)


def own(path: Path, account: Account | None, mode: int) -> None:
    """Give `path` to the account (if any) with this mode."""
    path.chmod(mode)
    if account:
        os.chown(path, account.uid, account.gid)


def reachable_binary(binary: Path, parts: Sequence[Path], account: Account | None) -> Path:
    """`binary`, or its like in a copy of `parts` if the account cannot run it where it is.

    `parts` are the folders it needs, itself in one of them; the copy keeps how they lie to each other, because
    programs in wheels find their libraries by relative paths.
    """
    if account is None or account.can_run(binary):
        return binary
    parts = [part for part in parts if part.is_dir()]
    base = Path(os.path.commonpath([part.parent for part in parts]))
    key = hashlib.sha256(f"{base} {binary.stat().st_size} {binary.stat().st_mtime_ns}".encode()).hexdigest()[
        :12
    ]
    home = PUBLIC / f"bin-{key}"
    if not home.exists():
        print(f"{account.name} cannot reach {binary}: copying it to {home}.", flush=True)
        _public(PUBLIC)
        fresh = home.with_name(f"{home.name}.{os.getpid()}")
        for part in parts:
            shutil.copytree(part, fresh / part.relative_to(base), symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            _readable(path)
        try:
            fresh.rename(home)
        except OSError:  # another run was first
            shutil.rmtree(fresh)
    return home / binary.relative_to(base)


def reachable_directory(directory: Path, account: Account | None) -> Path:
    """`directory` (made, if need be), or a folder for it under /var/lib/rualone if the account cannot reach it."""
    directory.mkdir(parents=True, exist_ok=True)
    if account is None or account.can_enter(directory):
        return directory
    home = PUBLIC / f"data-{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]}"
    if not home.exists():
        _public(PUBLIC)
        for orphan in _orphans():
            shutil.rmtree(orphan, ignore_errors=True)  # another run may be sweeping too
        print(f"{account.name} cannot reach {directory}: its data is kept in {home}.", flush=True)
    _public(home)
    (home / _SOURCE).write_text(str(directory.resolve()))
    return home


def _orphans() -> Iterator[Path]:
    """Relocated data whose directory is gone, and which no server uses."""
    for home in PUBLIC.glob("data-*"):
        source = home / _SOURCE
        if any(home.glob("*/postmaster.pid")) or not source.exists():
            continue
        if not Path(source.read_text()).exists():
            yield home


def _public(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)


def _readable(path: Path) -> None:
    """Readable for all, and executable for all if it is for its owner."""
    if not path.is_symlink():
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
