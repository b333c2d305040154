"""`bin/bench figures`: the summary and the plots of docs/performance.md, from what was saved last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers
from benchmarks.machine import ROOT
from benchmarks.plot import Bar, bars, shown
from benchmarks.saved import Saved
from benchmarks.tables import all_tables
from deploy.services import ServiceError

PAGE = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "img"
OURS = "ours"


OFFERED = (
    0.99  # of what is sent at an even pace counts as all: the last may be on its way when the clock stops
)


@dataclass(frozen=True)
class Figure:
    """One figure that the issue wants: at least `bound`, or at most; None: it is shown and judged by people.

    `offered`: the bound is all that is sent."""

    what: str
    scene: str
    value: Callable[[Saved], float | None]
    bound: float | None
    unit: str = ""
    at_most: bool = False
    offered: bool = False
    aim: str = ""

    def met(self, value: float | None) -> bool | None:
        """None: not measured, or nothing to hold it against."""
        if value is None or self.bound is None:
            return None
        return value <= self.bound if self.at_most else value >= self.bound * (OFFERED if self.offered else 1)

    def line(self, saved: Saved) -> str:
        """Its line of the table."""
        value = self.value(saved)
        reach = "" if self.bound is None else f"{'≤' if self.at_most else '≥'} {shown(self.bound)}{self.unit}"
        cells = [
            f"`{self.scene}` {self.what}",
            reach,
            "not measured" if value is None else f"{shown(value)}{self.unit}",
            {None: "–", True: "yes", False: "**no**"}[self.met(value)],
            self.aim,
        ]
        return "| " + " | ".join(cells) + " |"


def _of(name: str, system: str = OURS, **params: str | int) -> Callable[[Saved], float | None]:
    return lambda saved: saved.value(system, name, **params)


def _ratio(name: str) -> Callable[[Saved], float | None]:
    """Of our own worker: what stock Daphne reached is no figure of ours."""
    return lambda saved: None if saved.row(servers.OURS["daphne"]) else saved.ratio(name)


def _growth(saved: Saved) -> float | None:
    highest, before = (
        saved.value(OURS, f"memory MB {when}", load="overload") for when in ("highest", "before")
    )
    return highest / before if highest and before else None


def _calm(saved: Saved) -> float | None:
    """Infinite if it did not come in most of the passes."""
    never = saved.value(OURS, "never calm", load="afterwards")
    return float("inf") if never else saved.value(OURS, "calm after s", load="afterwards")


_5000, _2000, _100 = "5,000 in/s", "2,000 in/s", "100 in/s"

FIGURES = [
    Figure("1 × 500, 2,000 in/s: delivered/s", "fanout", _of("delivered_per_s", load=_2000),
           1_000_000, offered=True),
    Figure("the same: p50", "fanout", _of("p50_ms", load=_2000), 30, " ms", at_most=True),
    Figure("the same / tutorial at its best", "fanout",
           _ratio(f"delivered/s, ours at {_2000} / tutorial at its best"), 100, " ×"),
    Figure("the same / Socket.IO at its best", "fanout",
           _ratio(f"delivered/s, ours at {_2000} / socketio at its best"), 10, " ×"),
    Figure("the same / Mosquitto at its best", "fanout",
           _ratio(f"delivered/s, ours at {_2000} / mosquitto at its best"), 5, " ×"),
    Figure("1 × 500, 5,000 in/s: delivered/s", "fanout", _of("delivered_per_s", load=_5000), None,
           aim="2,500,000"),
    Figure("1 × 500, 100 in/s: p50", "fanout", _of("p50_ms", load=_100), 8, " ms", at_most=True, aim="5 ms"),
    Figure("the same: CPU for each delivery", "fanout", _of("cpu_us_per_delivery", load=_100), 18, " µs",
           at_most=True),
    Figure("500 × 4, saturated: delivered/s", "parties", _of("delivered_per_s", load="saturated"), 24_000,
           aim="60,000"),
    Figure("the same / Socket.IO", "parties", _ratio("delivered/s, ours / socketio"), 1, " ×"),
    Figure("the same / tutorial", "parties", _ratio("delivered/s, ours / tutorial"), 8, " ×"),
    Figure("the same / ejabberd with archive", "parties", _ratio("delivered/s, ours / ejabberd-archive"), 4, " ×"),
    Figure("CPU a message at the same rate, 4 workers / 1", "workers",
           _ratio("CPU a message at the same rate, 4 workers / 1"), 1.5, " ×", at_most=True, aim="flat"),
    Figure("1 room / ORM", "append", _ratio("group commit / ORM, 1 room"), 50, " ×"),
    Figure("500 rooms: messages/s", "append", _of("delivered_per_s", "group commit", work="500 rooms"), 20_000,
           aim="30,000"),
    Figure("250 rooms × 4: memory a connection", "idle", _of("kb_per_connection", work="250 x 4"), 45, " kB",
           at_most=True, aim="20 kB"),
    Figure("100 joins/s, 50 entries: p50", "join", _of("p50_ms"), 5, " ms", at_most=True, aim="2 ms"),
    Figure("2,000 clients, 20 missed each: all back", "reconnect", _of("s until all resumed"), 10, " s",
           at_most=True, aim="4 s"),
    Figure("3 × saturation for 30 s: delivered / saturated", "overload",
           _ratio("delivered/s, overloaded / saturated"), 0.8, " ×"),
    Figure("the same: memory, highest / before", "overload", _growth, None, " ×", aim="bounded"),
    Figure("the same: calm again after", "overload", _calm, 2, " s", at_most=True),
    Figure("1 × 500 over STOMP, saturated / RabbitMQ Web-STOMP", "stomp",
           _ratio("delivered/s, ours / rabbitmq"), 1, " ×"),
    Figure("1 room, 500 in/s: p50, Kafka / Redis", "bus",
           _ratio("p50 at 500/s, Kafka / Redis, 1 room"), 2, " ×", at_most=True),
    Figure("the same, with 8 partitions instead of 64", "bus",
           _ratio("p50 at 500/s, Kafka, 8 partitions / Redis, 1 room"), 2, " ×", at_most=True),
]  # fmt: skip


def write() -> list[Path]:
    """Write summary and tables into the page, each between its marks, and the pictures; the files that were written."""
    page = PAGE.read_text()
    for name, text in (("summary", summary()), ("tables", all_tables())):
        page = replaced(page, name, text)
    PAGE.write_text(page)
    return [PAGE, *pictures()]


def replaced(page: str, name: str, text: str) -> str:
    """The page with `text` between `<!-- name -->` and `<!-- end of name -->`."""
    begin, end = f"<!-- {name}: written by bin/bench figures -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ServiceError(f"{PAGE} has no {begin} followed by {end}.")
    return f"{before}{begin}\n{text}\n{end}{after}"


def summary() -> str:
    """The table."""
    saved = {figure.scene: Saved(figure.scene) for figure in FIGURES}
    lines = ["| figure | reach | reached | met | aim |", "|---|---:|---:|:-:|---|"]
    lines += [figure.line(saved[figure.scene]) for figure in FIGURES]
    return "\n".join(lines)


def pictures() -> list[Path]:
    """Delivered a second in the one room and in the parties, and memory a connection, where they were saved."""
    made = []
    for name, title, subtitle, given in [
        ("fanout", "One room of 500 members", "delivered messages a second, one core, saturated",
         _bars("fanout", "delivered_per_s", load="saturated")),
        ("parties", "500 rooms of 4 members", "delivered messages a second, one core, saturated",
         _bars("parties", "delivered_per_s", load="saturated")),
        ("idle", "A quiet connection, 250 rooms of 4", "kB of the server's memory",
         _bars("idle", "kb_per_connection", work="250 x 4")),
    ]:  # fmt: skip
        if given:
            path = PICTURES / f"bench-{name}.svg"
            path.write_text(bars(title, subtitle, given))
            made.append(path)
    return made


def _bars(scene: str, name: str, **params: str) -> Sequence[Bar]:
    found = []
    for row in Saved(scene).rows:
        values = [p[name] for p in row["passes"] if p[name] is not None]
        if params.items() <= row["params"].items() and row["system"] != "generator's ceiling" and values:
            ours = row["system"].startswith(OURS)
            found.append(Bar(row["system"], row[name], min(values), max(values), ours))
    return sorted(found, key=lambda bar: -bar.value)
