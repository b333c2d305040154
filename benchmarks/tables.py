"""The tables of docs/performance.md, one line for each system, from what was saved last."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.plot import shown
from benchmarks.saved import Saved

Column = tuple[str, Callable[[Saved, str], str]]  # its head, and what stands there for a system


def all_tables() -> str:
    """Those of which something was saved."""
    made = [
        _by_system("fanout", "one room with 500 members", [_SATURATED, *_LOAD, _RATE, *_OFFERED, _MEMORY]),
        _by_system("fanout-2000", "one room with 2,000 members", [_SATURATED, *_LOAD, _RATE, _AT_500, _MEMORY]),
        _by_system("parties", "500 rooms with 4 members", [_SATURATED, *_LOAD, *_HALF, _MEMORY]),
        _by_row("workers", "the same parties behind one worker and behind four", _PACED),
        _by_row("overload", "parties that are offered three times what they take", [*_PACED, *_OVERLOAD]),
        _by_system("stomp", "the one room over STOMP", [_SATURATED, *_LOAD, _RATE, *_OFFERED, _MEMORY]),
        _by_row("bus", "from publishing in one worker to arriving in another", _BUS),
        _by_row("append", "durable, gapless appends", _APPEND),
        _by_row("idle", "memory of a quiet connection", [_COLUMN["kB a connection"]]),
        _by_row("join", "people who open a room", _COMING),
        _by_row("reconnect", "everybody comes back at once", [*_COMING, ("all back after s", "s until all resumed")]),
    ]  # fmt: skip
    return "\n\n".join(each for each in made if each)


# --- one line for each system, with several loads side by side ----------------------------------------------------


def _cell(name: str, load: str) -> Callable[[Saved, str], str]:
    def show(saved: Saved, system: str) -> str:
        return _shown(saved.value(system, name, load=load))

    return show


def _both(load: str) -> Callable[[Saved, str], str]:
    def show(saved: Saved, system: str) -> str:
        p50, p99 = (saved.value(system, name, load=load) for name in ("p50_ms", "p99_ms"))
        return "–" if p50 is None else f"{_shown(p50)} / {_shown(p99)}"

    return show


def _spread(saved: Saved, system: str) -> str:
    row = saved.row(system, load="saturated")
    return "–".join(map(shown, row["spread"])) if row and row["spread"] else "–"


_SATURATED: Column = ("saturated: delivered/s", _cell("delivered_per_s", "saturated"))
_LOAD: list[Column] = [
    ("lowest–highest", _spread),
    ("CPU µs each", _cell("cpu_us_per_delivery", "saturated")),
]
_RATE: Column = ("100 in/s: p50 / p99 ms", _both("100 in/s"))
_OFFERED: list[Column] = [
    ("CPU µs each", _cell("cpu_us_per_delivery", "100 in/s")),
    ("2,000 in/s: delivered/s", _cell("delivered_per_s", "2,000 in/s")),
    ("p50 / p99 ms", _both("2,000 in/s")),
]
_AT_500: Column = ("500 in/s: delivered/s", _cell("delivered_per_s", "500 in/s"))
_HALF: list[Column] = [
    ("half: p50 / p99 ms", _both("half")),
    ("tutorial's half: CPU µs each", _cell("cpu_us_per_delivery", "tutorial's half")),
]
_MEMORY: Column = ("kB a connection", _cell("kb_per_connection", "saturated"))


def _by_system(scene: str, title: str, columns: Sequence[Column]) -> str:
    saved = Saved(scene)
    systems = {row["system"]: row["persisted"] for row in saved.rows}
    lines = [
        [system, "yes" if persisted else "no", *(show(saved, system) for _, show in columns)]
        for system, persisted in systems.items()
    ]
    return _table(saved, f"{scene}: {title}", ["system", "on disk", *(head for head, _ in columns)], lines)


# --- one line for each row --------------------------------------------------------------------------------------

_COLUMN = {
    name: (name, field)
    for name, field in {
        "delivered/s": "delivered_per_s",
        "p50 ms": "p50_ms",
        "p99 ms": "p99_ms",
        "kB a connection": "kb_per_connection",
    }.items()
}
_RATES = [_COLUMN["delivered/s"], _COLUMN["p50 ms"], _COLUMN["p99 ms"]]
_PACED = [("in/s", "in per s"), *_RATES, ("CPU µs each", "cpu_us_per_delivery"), ("busy", "server busy")]
_OVERLOAD = [("told BUSY", "told BUSY, retry"), ("held back", "held back by full sockets"),
             ("MB, highest", "memory MB highest"), ("calm after s", "calm after s")]  # fmt: skip
_BUS = [*_RATES, ("CPU µs of both", "cpu_us_per_delivery")]
_APPEND = [("messages/s", "delivered_per_s"), *_RATES[1:], ("client's CPU µs each", "cpu_us_per_delivery")]
_COMING = [("a second", "delivered_per_s"), *_RATES[1:], ("CPU µs each", "cpu_us_per_delivery")]


def _by_row(scene: str, title: str, columns: Sequence[tuple[str, str]]) -> str:
    saved = Saved(scene)
    lines = [
        [row["system"], _work(row["params"]), *(_shown(row.get(n, row["notes"].get(n))) for _, n in columns)]
        for row in saved.rows
    ]
    return _table(saved, f"{scene}: {title}", ["system", "work", *(head for head, _ in columns)], lines)


def _work(params: dict[str, Any]) -> str:
    return ", ".join(str(value) for name, value in params.items() if name in ("work", "load"))


def _table(saved: Saved, title: str, heads: list[str], lines: list[list[str]]) -> str:
    if not lines:
        return ""
    under = ["---", "---", *["---:"] * (len(heads) - 2)]
    doubts = [sum(row[name] for row in saved.rows) for name in ("lost", "repeated", "out_of_order")]
    truth = "Nothing was lost, repeated or out of order."
    if any(doubts):
        truth = "{} lost, {} repeated, {} out of order.".format(*doubts)
    runs = max(row["runs"] for row in saved.rows)
    return "\n".join(
        [
            f"### {title}",
            f"`{saved.command}`, {runs} pass{'es' * (runs > 1)}. {truth}",
            "",
            *("| " + " | ".join(cells) + " |" for cells in (heads, under, *lines)),
            *([""] if saved.ratios else []),
            *(
                f"* {name}: **{shown(middle)} ×** ({shown(lowest)}–{shown(highest)})"
                for name, (middle, lowest, highest) in saved.ratios.items()
            ),
        ]
    )


def _shown(value: float | None) -> str:
    return "–" if value is None else shown(value)
