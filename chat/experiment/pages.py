"""The outcomes as a table for a terminal, a picture and a page."""

from collections.abc import Sequence
from html import escape

from chat.experiment.scenes import Outcome

_WIDTH, _LEFT, _CELL, _STEP, _HEAD = 760, 200, 100, 42, 60
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px } .small { font-size: 11px; fill: #59636e }
  .all { fill: #d0d7de } .got { fill: #0969da } .read { fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 }
    .all { fill: #30363d } .got { fill: #4493f8 } .read { fill: #d29922 }
  }"""
_HEADER = ("scene", "received by each worker", "from the timeline", "rooms in order", "groups left behind")


def table(outcomes: Sequence[Outcome]) -> str:
    """In columns, with what each scene means below it."""
    rows = [_HEADER, *(_cells(outcome) for outcome in outcomes)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    for number, outcome in reversed(list(enumerate(outcomes, 1))):
        lines.insert(number + 1, f"    {outcome.meaning}")
    return f"{outcomes[0].sent} messages\n" + "\n".join(line.rstrip() for line in lines)


def _cells(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.title,
        " ".join(map(str, outcome.received)),
        str(sum(outcome.recovered)) if any(outcome.recovered) else "-",
        f"{outcome.rooms_in_order} of {outcome.rooms}",
        str(outcome.groups_left) if outcome.bus == "kafka" else "-",
    )


def picture(outcomes: Sequence[Outcome]) -> str:
    """One row per scene, one bar per worker: how much of what was sent it has."""
    height = _HEAD + _STEP * len(outcomes)
    heard = "; ".join(f"{o.title}: {', '.join(map(str, o.received))} of {o.sent}" for o in outcomes)
    cell = min(_CELL, (_WIDTH - _LEFT) // max(len(o.received) for o in outcomes))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(heard)}">',
        f"<style>{_STYLE}\n</style>",
        '<text class="title" x="0" y="18">Who received what</text>',
        f'<text class="small" x="0" y="38">Of {outcomes[0].sent} messages to {outcomes[0].rooms} rooms, each worker: '
        "blue by the bus, amber read from the timeline afterwards</text>",
    ]
    for row, outcome in enumerate(outcomes):
        top = _HEAD + _STEP * row
        parts.append(f'<text x="0" y="{top + 14}">{escape(outcome.title)}</text>')
        parts += [_worker(outcome, n, _LEFT + cell * n, top, cell - 12) for n in range(len(outcome.received))]
    return "\n".join([*parts, "</svg>\n"])


def _worker(outcome: Outcome, number: int, left: int, top: int, width: int) -> str:
    received, recovered = outcome.received[number], outcome.recovered[number]
    got, read = (width * part / outcome.sent for part in (received, recovered))
    words = f"{received} + {recovered}" if recovered else str(received)
    return (
        f'<rect class="all" x="{left}" y="{top + 2}" width="{width}" height="14" rx="2"/>'
        f'<rect class="got" x="{left}" y="{top + 2}" width="{got:.1f}" height="14" rx="2"/>'
        f'<rect class="read" x="{left + got:.1f}" y="{top + 2}" width="{read:.1f}" height="14" rx="2"/>'
        f'<text class="small" x="{left}" y="{top + 29}">{words}</text>'
    )


def page(outcomes: Sequence[Outcome]) -> str:
    """docs/bus-experiment.md."""
    rows = "\n".join(f"| {' | '.join(_cells(o))} | {o.meaning} |" for o in outcomes)
    return _PAGE.format(
        sent=outcomes[0].sent,
        rooms=outcomes[0].rooms,
        workers=len(outcomes[0].received),
        header=" | ".join(_HEADER),
        rows=rows,
    )


_PAGE = """# The experiment: who receives what

The write-up behind this project moved its chat from Redis pub/sub to Kafka and found messages reaching only one
of its servers. This page is the output of `manage.py bus_experiment --docs docs`: {workers} worker processes,
{sent} messages to {rooms} rooms, on a real Valkey and a real Kafka. Run it yourself: it starts both by itself
and takes under a minute.

![Who received what, by scene and worker](img/bus-experiment.svg)

| {header} | what it means |
|---|---|---|---|---|---|
{rows}

## What happened to the write-up

A Kafka consumer group is a queue: its members divide the partitions among themselves, so each record goes to
exactly one of them. A chat needs the opposite, every record at every server, because each holds some of the
room's readers. With all servers in one group the numbers of the third row *add up* to what was sent instead of
each being it. The write-up gave every server a group of its own, set by hand when it was built: the fourth row.
That delivers, and it costs a name that must differ on every server, a rebalance when one starts, and a group
with its committed offsets that stays on the broker for days after a server is gone
(`offsets.retention.minutes`, seven days), one more with every deployment.

What we run needs neither. Each process assigns all partitions to itself, seeks to their ends and keeps its
positions in memory (the fifth row, [the Kafka layer](kafka-layer.md)). Nothing is coordinated, so nothing is
rebalanced, and nothing is left behind. After an interruption it goes on from its positions, so what was sent
meanwhile still arrives.

**Order.** Kafka keeps order within a partition. The layer takes the group, and so the room, as key; all records
of a room lie in one partition. The last row shows the same records spread without a key.

**Late and absent workers.** Redis keeps nothing for who is not listening: the second row. Here that costs a
moment and never a message, because the bus only carries hints: every entry has a number in PostgreSQL's
timeline, and a worker that finds a gap reads what is missing.

## Which bus when

| bus | take it when |
|---|---|
| `memory://` | one process: development, a small shop on one machine |
| `postgres://` | a few workers and no wish for another server: nothing to install or watch; modest rates |
| `redis://` | the usual choice: lowest latency, simplest to run; what it drops in a restart the timeline repairs |
| `kafka://` | Kafka is there already, or interruptions of the bus should cost no repairs: it replays what was missed |
| `amqp://` | RabbitMQ is there already |

What each does when its server is restarted, frozen or cut off, and how fast it is, stands in [buses](buses.md).
"""
