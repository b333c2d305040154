"""`bin/test`: every test against real services, which are started here and gone afterwards.

A whole run goes in two halves side by side, each with services of its own: most tests wait for servers and browsers.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from deploy.services import Postgres, ServiceError, Valkey, clients, kafka_jars, rabbitmq
from deploy.services.lifeline import in_child
from deploy.services.lock import Busy, DirectoryLock

ROOT = Path(__file__).resolve().parent.parent
_SECOND_HALF = ["contract", "live", "serving", "stomp"]  # of tests/; they take about as long as the others
_DEBIAN_BROWSER = ["chromium", "fonts-nanum", "fonts-noto-color-emoji"]
_BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
_MAC_BROWSERS = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]


def main(arguments: list[str]) -> int:
    """pytest's exit status, or 1 when JavaScript tests failed or something is missing."""
    quick = "--quick" in arguments
    arguments = [word for word in arguments if word != "--quick"]
    if quick:
        arguments = ["-m", "not browser and not faults and not broker", *arguments]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with ExitStack() as stack:
            more = {} if quick else prerequisites()
            env = environment(stack) | more
            collect_static(env)
            scripts_passed = run_scripts(env)
            if quick or any(not word.startswith("-") for word in arguments):
                status = run_pytest(env, arguments)
            else:
                other = environment(stack) | more
                collect_static(other)
                status = run_halves(env, other, arguments)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    return status if scripts_passed else status or 1


def prerequisites() -> dict[str, str]:
    """Install now what would otherwise be installed within a test's time; what the tests must be told of it."""
    chromium = browser()
    rabbitmq.binaries()
    if not os.environ.get("KAFKA_BOOTSTRAP"):
        kafka_jars.jars()
    clients.install()
    return {"CHROMIUM": chromium}


def environment(stack: ExitStack) -> dict[str, str]:
    """The environment for the tests, with services of their own unless DATABASE_URL and BUS_URL are set."""
    directory = slot(stack)
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "PAY_ACCOUNT_KEYS": "a" * 43 + "=",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "HTTPS": "0",
        "STATIC_ROOT": str(directory / "static"),
    }
    if not env.get("DATABASE_URL"):
        postgres = stack.enter_context(Postgres(directory / "postgres", settings={"max_connections": 300}))
        postgres.create_database("rualone")
        env["DATABASE_URL"] = postgres.url("rualone")
    if not env.get("BUS_URL"):
        env["BUS_URL"] = stack.enter_context(Valkey(directory / "valkey")).url()
    return env


def slot(stack: ExitStack) -> Path:
    """A directory below var/test that no other run is using, so that two can run at a time."""
    for number in range(1, 17):
        lock = DirectoryLock(ROOT / "var" / "test" / str(number))
        try:
            lock.acquire()
        except Busy:
            continue
        stack.callback(lock.release)
        return ROOT / "var" / "test" / str(number)
    raise ServiceError("Sixteen test runs are going on in this checkout; wait for one of them.")


# --- the browser ----------------------------------------------------------------------------------------------
def browser() -> str:
    """Path of a Chromium; installed where we may, else ServiceError with the command that does it."""
    found = find_browser()
    if found:
        return found
    packages = " ".join(_DEBIAN_BROWSER)
    command = f"apt-get update && apt-get install -y --no-install-recommends {packages}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(
            ["/bin/sh", "-c", command], env=env, stdin=subprocess.DEVNULL, timeout=900, check=False
        )
        found = find_browser()
        if found:
            return found
    raise ServiceError(
        f"The browser tests need Chromium. On Debian, as root: {command}. On macOS: brew install --cask chromium. "
        "Or leave them out: bin/test --quick"
    )


def find_browser() -> str | None:
    """CHROMIUM from the environment, one on PATH, or macOS's."""
    candidates = [os.environ.get("CHROMIUM", ""), *_BROWSERS, *_MAC_BROWSERS]
    return next(filter(None, map(shutil.which, filter(None, candidates))), None)


# --- the steps ------------------------------------------------------------------------------------------------
def collect_static(env: dict[str, str]) -> None:
    """Pages refer to files by their hashed names, which exist once they are collected."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    if subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, timeout=120).returncode:
        raise ServiceError("The static files could not be collected; the reason is above.")


def run_scripts(env: dict[str, str]) -> bool:
    """The JavaScript unit tests, on the node of Playwright's wheel; their output is shown only when they fail."""
    tests = sorted(map(str, (ROOT / "tests" / "js").rglob("*.test.*js")))
    if not tests:
        return True
    command = [node(), "--test", "--test-reporter=spec", *tests]
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    passed = re.search(r"^\S* ?pass (\d+)$", done.stdout, re.MULTILINE)
    if done.returncode == 0 and passed and int(passed[1]):
        print(f"JavaScript: {passed[1]} tests passed", flush=True)
        return True
    print(done.stdout + done.stderr + "\nJavaScript tests FAILED (see above)", flush=True)
    return False


def node() -> str:
    """The node that Playwright brings along."""
    spec = find_spec("playwright")
    path = Path(spec.origin).parent / "driver" / "node" if spec and spec.origin else Path("missing")
    if not path.exists():
        raise ServiceError("playwright is not installed here: python -m pip install -r requirements-dev.txt")
    return str(path)


def run_halves(env: dict[str, str], other: dict[str, str], arguments: list[str]) -> int:
    """The exit status of the half that went wrong, or 0. The second half's output comes when both are through."""
    folders = sorted(p.name for p in (ROOT / "tests").iterdir() if any(p.glob("test_*.py")))
    first = [f"tests/{name}" for name in folders if name not in _SECOND_HALF]
    second = [f"tests/{name}" for name in _SECOND_HALF]
    with TemporaryFile("w+") as output:
        command = [sys.executable, "-m", "pytest", *arguments, *second]
        with subprocess.Popen(
            command, cwd=ROOT, env=other, preexec_fn=in_child(), stdout=output, stderr=subprocess.STDOUT
        ) as tests:
            try:
                status = run_pytest(env, [*arguments, *first])
                status = tests.wait() or status
            except BaseException:  # SIGTERM
                tests.terminate()
                raise
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout)
    return status


def run_pytest(env: dict[str, str], arguments: list[str]) -> int:
    """pytest on our terminal; a Ctrl-C reaches it by itself, and we wait for its closing line."""
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=env, preexec_fn=in_child()
    ) as tests:
        signal.signal(signal.SIGINT, lambda *_: None)
        try:
            return tests.wait()
        except BaseException:  # SIGTERM
            tests.terminate()
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
