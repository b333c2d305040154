"""Where Kafka's jars lie: brought once from Maven Central by the pinned deploy/kafka/pom.xml, checked by their hashes.

There is no wheel and no Debian package of Kafka. The jars (43 MB) are kept per user, not per tree.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from deploy.services.debian import program
from deploy.services.privileges import PUBLIC
from deploy.services.process import ServiceError

PARTS = Path(__file__).resolve().parents[1] / "kafka"
_POM, _SUMS = PARTS / "pom.xml", PARTS / "SHA256SUMS"


def java() -> Path:
    """The java of JAVA_HOME or of PATH; as root on Debian installed if need be, else ServiceError says how."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else None
    return Path(found or program("java", "default-jre-headless")).resolve()


def jars() -> Path:
    """The folder with the jars that SHA256SUMS names; the first time about ten seconds and 43 MB."""
    key = hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    home = _cache() / f"kafka-{key}"
    if not home.exists():
        _fetch(home)
    return home


def _cache() -> Path:
    """As root the broker runs as somebody else, who cannot read below /root."""
    if os.geteuid() == 0:
        return PUBLIC
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rualone"


def _fetch(home: Path) -> None:
    java()
    maven = program("mvn", "maven")
    print("Bringing Kafka's jars from Maven Central (43 MB, the first time only)", flush=True)
    fresh = home.with_name(f"{home.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    try:
        _copy_dependencies(maven, fresh)
        _check(fresh)
        for path in (home.parent, fresh):
            path.chmod(0o755)
        for jar in fresh.iterdir():
            jar.chmod(0o644)
        fresh.rename(home)
    except OSError:
        if not home.exists():  # else another run was first
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _copy_dependencies(maven: str, into: Path) -> None:
    command = [maven, "-q", "-B", "-C", "-f", str(_POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={into}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        raise ServiceError("Maven did not bring Kafka's jars within ten minutes; try again.") from None
    if done.returncode:
        raise ServiceError(f"Maven could not bring Kafka's jars: {done.stdout[-1500:]}{done.stderr[-500:]}")


def _check(folder: Path) -> None:
    """Every jar as pinned and none besides; without pins they are written, for whoever changed the version."""
    have = "".join(
        f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n" for jar in sorted(folder.iterdir())
    )
    if not _SUMS.exists():
        _SUMS.write_text(have)
        print(f"Wrote {_SUMS}: look at it and commit it.", flush=True)
    different = set(have.splitlines()) ^ set(_SUMS.read_text().splitlines())
    if different:
        names = ", ".join(sorted({line.split()[-1] for line in different}))
        raise ServiceError(f"Maven brought other files than {_SUMS.name} pins: {names}.")
