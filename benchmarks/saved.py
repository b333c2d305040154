"""What `--save` has kept in benchmarks/results/: the newest file of each scene."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks import report


class Saved:
    """One scene's newest result; empty where there is none. Everything that is not in it is None."""

    def __init__(self, scene: str) -> None:
        """`scene` as the file is called: `fanout-2000` for a room of 2,000."""
        pattern = re.compile(r"\d{4}-\d\d-\d\d-" + re.escape(scene) + r"\.json")
        files = sorted(p for p in report.RESULTS.glob("*.json") if pattern.fullmatch(p.name))
        self.path: Path | None = files[-1] if files else None
        found = json.loads(self.path.read_text()) if self.path else {}
        self.rows: list[dict[str, Any]] = found.get("rows", [])
        self.ratios: dict[str, list[float]] = found.get("ratios", {})
        self.command: str = found.get("command", "")

    def row(self, system: str, **params: Any) -> dict[str, Any] | None:
        """The row of a system whose params hold these."""
        for row in self.rows:
            if row["system"] == system and params.items() <= row["params"].items():
                return row
        return None

    def value(self, system: str, name: str, **params: Any) -> float | None:
        """A figure of that row, or one of its notes."""
        if not (row := self.row(system, **params)):
            return None
        found = row.get(name, row.get("notes", {}).get(name))
        return None if found is None else float(found)

    def ratio(self, name: str) -> float | None:
        """The median of the passes."""
        return self.ratios[name][0] if name in self.ratios else None
