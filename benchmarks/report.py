"""From the passes of every system to medians, spread and ratios, as a table and as JSON lines."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
FIGURES = ("delivered_per_s", "p50_ms", "p99_ms", "cpu_us_per_delivery", "kb_per_connection")
DOUBTS = ("lost", "repeated", "out_of_order")


@dataclass
class Pass:
    """One system's figures in one pass. Latencies in milliseconds, CPU of the server in microseconds."""

    delivered_per_s: float | None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_us_per_delivery: float | None = None
    kb_per_connection: float | None = None
    lost: int = 0
    repeated: int = 0
    out_of_order: int = 0
    notes: dict[str, Any] = field(default_factory=dict)  # further figures of this scene


@dataclass
class Row:
    """One system on one piece of work. `persisted`: a message is on disk before its sender hears that it was taken.
    `exact`: it promises every message once and in order without that."""

    scene: str
    system: str
    params: dict[str, Any]
    persisted: bool
    passes: list[Pass] = field(default_factory=list)
    exact: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.system, json.dumps(self.params, sort_keys=True)

    def median(self, name: str) -> float | None:
        values = [v for p in self.passes if (v := getattr(p, name)) is not None]
        return _rounded(median(values)) if values else None

    def sum(self, name: str) -> int:
        return sum(getattr(p, name) for p in self.passes)

    def notes(self) -> dict[str, Any]:
        """Medians of the further figures."""
        names = dict.fromkeys(name for p in self.passes for name in p.notes)
        values = {n: [p.notes[n] for p in self.passes if p.notes.get(n) is not None] for n in names}
        return {n: _rounded(median(v)) for n, v in values.items() if v}

    def spread(self) -> list[float]:
        """Lowest and highest rate of the passes; empty where the scene has none."""
        rates = [p.delivered_per_s for p in self.passes if p.delivered_per_s is not None]
        return [_rounded(min(rates)), _rounded(max(rates))] if rates else []


@dataclass
class Ratio:
    """Ours against a peer in the same pass; the median of the passes counts."""

    name: str
    ours: Row
    peer: Row
    figure: Callable[[Pass], float | None] = lambda p: p.delivered_per_s
    inverse: bool = False  # of a cost: how many times the peer's is higher
    also: Sequence[Row] = ()  # the peer under other loads: the highest of its figures counts

    def values(self) -> list[float]:
        peers = zip(*(row.passes for row in (self.peer, *self.also)), strict=True)
        pairs = [
            (self.figure(a), max((f for b in each if (f := self.figure(b)) is not None), default=None))
            for a, each in zip(self.ours.passes, peers, strict=True)
        ]
        known = [(b, a) if self.inverse else (a, b) for a, b in pairs if a and b]
        return [_rounded(a / b) for a, b in known if a and b]


def as_json(scene: str, rows: Sequence[Row], ratios: Sequence[Ratio], versions: dict[str, str]) -> str:
    """One object per system and work; then one with the ratios (median, lowest, highest), each row's further figures
    in the same order, and the machine."""
    last = {"scene": scene, "ratios": _summary(ratios), "notes": [r.notes() for r in rows], "on": versions}
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in [*map(_line, rows), last])


def _line(row: Row) -> dict[str, Any]:
    return {
        "scene": row.scene,
        "system": row.system,
        "params": row.params,
        **{n: row.median(n) for n in FIGURES},
        **{n: row.sum(n) for n in DOUBTS},
        "persisted": row.persisted,
        "runs": len(row.passes),
        "spread": row.spread(),
    }


def _summary(ratios: Sequence[Ratio]) -> dict[str, list[float]]:
    values = {r.name: r.values() for r in ratios}
    return {name: [_rounded(median(v)), min(v), max(v)] for name, v in values.items() if v}


def save(
    scene: str,
    arguments: Sequence[str],
    rows: Sequence[Row],
    ratios: Sequence[Ratio],
    versions: dict[str, str],
) -> Path:
    """The same in a file of benchmarks/results/, with the command and every pass; today's earlier one is replaced."""
    found = {
        "command": " ".join(["bin/bench", *arguments]),
        "on": versions,
        "ratios": _summary(ratios),
        "rows": [
            {**_line(row), "notes": row.notes(), "passes": [asdict(each) for each in row.passes]}
            for row in rows
        ],
    }
    path = RESULTS / f"{datetime.now(UTC).date()}-{scene}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return path


_HEADS = [
    "work",
    "system",
    "per s",
    "lowest-highest",
    "p50 ms",
    "p99 ms",
    "CPU us each",
    "kB/conn",
    "lost/rep/ooo",
    "disk",
]


def table(rows: Sequence[Row], ratios: Sequence[Ratio], versions: dict[str, str]) -> str:
    """The same for people, in Markdown."""
    cells = [_HEADS, ["---"] * len(_HEADS)]
    for row in rows:
        spread = "-".join(map(_shown, row.spread()))
        cells.append(
            [
                " ".join(f"{v}" if isinstance(v, str) else f"{k}={v}" for k, v in row.params.items()),
                row.system,
                _shown(row.median("delivered_per_s")),
                spread,
                *(_shown(row.median(n)) for n in FIGURES[1:]),
                "/".join(str(row.sum(n)) for n in DOUBTS),
                "yes" if row.persisted else "no",
            ]
        )
    widths = [max(len(line[i]) for line in cells) for i in range(len(_HEADS))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    for row in rows:
        if notes := row.notes():
            lines.append(
                f"{row.system} {next(iter(row.params.values()))}: "
                + ", ".join(f"{k} {_shown(v)}" for k, v in notes.items())
            )
    for ratio in ratios:
        if values := ratio.values():
            lines.append(
                f"{ratio.name}: {_shown(median(values))} x ({_shown(min(values))} to {_shown(max(values))})"
            )
    lines.append("Measured on " + "; ".join(f"{k} {v}" for k, v in versions.items()))
    return "\n".join(lines)


def untrue(rows: Sequence[Row]) -> str:
    """A sentence if a system that promises every message once and in order did not keep it; else nothing."""
    for row in rows:
        if (row.persisted or row.exact) and any(lost := [row.sum(n) for n in DOUBTS]):
            return f"{row.system}, {row.params}: {lost[0]} lost, {lost[1]} repeated, {lost[2]} out of order."
    return ""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None


def _rounded(value: float) -> float:
    """Three significant digits are more than such a machine can promise."""
    return float(f"{value:.4g}")


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
