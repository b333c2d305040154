"""`python -m deploy.prepare COMMAND…`: several of manage.py's commands in one process; loading Django is what costs.

Each argument is one command with its options, such as "migrate --noinput". They run in order; the first that fails
ends it with its own words.
"""

import shlex
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command


def main(commands: list[str]) -> int:
    """Exit status."""
    try:
        django.setup()
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        return 1
    for line in commands:
        name, *options = shlex.split(line)
        try:
            call_command(name, *options)
        except CommandError as error:
            print(f"manage.py {line}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
