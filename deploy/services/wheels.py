"""Where the wheels of requirements-embedded.txt keep their programs. Importing them has side effects, so we do not."""

from importlib.util import find_spec
from pathlib import Path

from deploy.services.process import ServiceError


def find_in_wheel(package: str, pattern: str) -> Path:
    """The program that matches `pattern` inside an installed package; ServiceError saying how to install it."""
    spec = find_spec(package)
    if spec and spec.origin:
        for program in sorted(Path(spec.origin).parent.glob(pattern)):
            return program
    raise ServiceError(f"{package} is not installed here: python -m pip install -r requirements-embedded.txt")
