# Sourced by bin/run, bin/test, bin/lint and bin/bench, from any directory:
#   bootstrap FILE…   leaves a .venv that holds what the pinned requirement files say, and $python pointing into it.
# Quick when nothing changed. Plain bash 3.2, for macOS.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P) || exit 1
cd "$root" || exit 1
python=$root/.venv/bin/python
export PYTHONUNBUFFERED=1

_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

bootstrap() {
  local candidate base=""
  for candidate in "$python" python3.13 python3.12 python3.11 python3; do
    # A name may be there and not work: a pyenv shim, a .venv whose Python was removed.
    if _new_enough "$candidate"; then base=$candidate; break; fi
  done
  if [ -z "$base" ]; then
    echo "This needs Python 3.11 or newer, and none of python3.13, python3.12, python3.11, python3 here is." >&2
    exit 1
  fi
  "$base" -B deploy/bootstrap.py "$@" || exit 1
}
