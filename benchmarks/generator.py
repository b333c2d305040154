"""The load generator, a process of its own: `python -m benchmarks.generator < job.json`, its findings to stdout.

All connections open, then the phases of the job run one after the other. A phase keeps an amount under way (`window`:
closed loop) or sends at an even pace whatever comes back (`rate`: open loop; latencies count from when a message should
have been sent). It ends with a drain in which everything that was sent must arrive.
"""

import json
import sys
import time
from typing import Any

from benchmarks.connections import Connections
from benchmarks.dialects import DIALECTS
from benchmarks.ledger import Ledger
from benchmarks.meter import Meter
from benchmarks.report import percentile

DRAIN_WITHOUT_PROGRESS = 5.0  # seconds after which what has not arrived is lost
LOOK_AT_MEMORY = 0.2  # seconds
QUIET_WITHIN = 20.0  # seconds that a start, and what follows on many who come, may take
WINDOW = 1.0  # seconds of messages whose median says whether the calm is back, looked at every SLICE
SLICE = 0.1


class Generator:
    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        dialect = DIALECTS[job["dialect"]]
        rooms = {client["room"] for client in job["clients"]}
        self.ledger = Ledger(dialect, len(job["clients"]) // len(rooms))
        self.connections = Connections(dialect, job["port"], self.ledger, job.get("send_buffer"))
        self.meter = Meter(job["server"])
        self.turn = 0
        self.held_back = 0  # messages that were not sent because the sender's socket was full
        self.given_up = 0  # deliveries that a phase with `patience` did not wait for

    def run(self) -> dict[str, Any]:
        """Connect, run the phases, and say what happened."""
        self.meter.wait_quiet(QUIET_WITHIN)
        memory = self.meter.memory()
        began = time.perf_counter()
        self.connections.open_all(self.job["clients"], self.job["observe_every"])
        connecting = time.perf_counter() - began
        self.meter.wait_quiet(QUIET_WITHIN, self._idle)  # presence settles, subscriptions stand
        self._idle(self.job.get("settle", 0.0))
        self.meter.refresh()
        grown = (self.meter.memory() - memory) / len(self.connections.clients) / 1024
        self.order = self._in_turn()
        phases = self._phases()
        ledger = self.ledger
        lost, written = ledger.untrue()
        return {
            "connect_s": connecting, "kb_per_connection": grown, "phases": phases,
            "lost": ledger.due - self.given_up + lost, "repeated": ledger.repeated + written,
            "out_of_order": ledger.out_of_order, "sent": len(ledger.sent), "acked": len(ledger.acked),
            "refusals": ledger.refusals[:5], "lost_connections": self.connections.broken,
        }  # fmt: skip

    def _in_turn(self) -> list[Any]:
        """Neighbours are of different rooms."""
        places: dict[str, int] = {}
        order = []
        for client in self.connections.clients:
            places[client.room] = place = places.get(client.room, 0) + 1
            order.append((place, client.index, client))
        return [client for *_, client in sorted(order, key=lambda each: each[:2])]

    def _phases(self) -> dict[str, Any]:
        """By name; they end early after one that did not come after its load within its `patience`."""
        phases: dict[str, Any] = {}
        for phase in self.job["phases"]:
            if "share" in phase:
                phase["rate"] = phases[phase["of"]]["sent_per_s"] * phase["share"]
            calm = phases.get(phase.get("calm"), {}).get("p50_ms")
            phases[phase["name"]] = self._phase(phase, calm)
            if self.given_up:
                break
        return phases

    def _idle(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.connections.poll(min(left, 0.1))

    # --- one phase ------------------------------------------------------------------------------------------------

    def _phase(self, phase: dict[str, Any], calm: float | None) -> dict[str, Any]:
        """`calm`: milliseconds, the median that latencies should come back to."""
        ledger, start = self.ledger, time.perf_counter()
        ledger.latencies.clear()
        ledger.trace = [] if calm else None
        told, held_back, sent = dict(ledger.told), self.held_back, len(ledger.sent)
        reloaded = ledger.reloaded
        self.meter.peak = 0
        memory = self.meter.memory()
        begin, end = self._load(phase, start)
        latencies = ledger.latencies[:]
        if phase.get("drain", True):
            self._drain(phase.get("patience"))
        (t0, d0, s0, c0, g0, w0), (t1, d1, s1, c1, g1, w1) = begin, end
        took, cpu = t1 - t0, c1 - c0
        return {
            "delivered_per_s": (d1 - d0) / took, "sent_per_s": (s1 - s0) / took, "sent": len(ledger.sent) - sent,
            "cpu_us": cpu / max(d1 - d0, 1) * 1e6, "cpu_us_message": cpu / max(s1 - s0, 1) * 1e6,
            "server_busy": cpu / took, "generator_busy": (g1 - g0) / took, "server_starved": (w1 - w0) / took,
            "p50_ms": percentile(latencies, 0.5), "p99_ms": percentile(latencies, 0.99),
            "memory_before": memory, "memory_peak": self.meter.peak, "held_back": self.held_back - held_back,
            "told": {name: n - told.get(name, 0) for name, n in ledger.told.items()},
            "reloaded": ledger.reloaded - reloaded, "given_up": self.given_up,
            "calm_wanted_ms": 2 * calm if calm else None,
            "calm_after_s": _calm_after(ledger.trace, start, 2 * calm) if ledger.trace is not None and calm else None,
        }  # fmt: skip

    def _load(self, phase: dict[str, Any], start: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Send for the warm-up and the measured seconds; the marks at both ends of the latter."""
        begin = start + phase["warm_up"]
        end = begin + phase["seconds"]
        rate: float | None = phase.get("rate")
        turn = 0
        mark: tuple[float, ...] | None = None
        look = start
        while (now := time.perf_counter()) < end:
            if mark is None and now >= begin:
                self.ledger.latencies.clear()
                mark = self._mark(now)
            if now >= look:
                self.meter.memory()
                look = now + LOOK_AT_MEMORY
            if rate is None:
                self._send([now] * (phase["window"] - self.ledger.under_way))
                self.connections.poll(0.05)
            else:
                due = int((now - start) * rate) + 1
                self._send([start + n / rate for n in range(turn, due)])
                turn = due
                self.connections.poll(max(start + turn / rate - time.perf_counter(), 0))
        return mark or self._mark(begin), self._mark(time.perf_counter())

    def _send(self, times: list[float]) -> None:
        """One message for each time at which it was due. A sender who cannot take one is left out and counted."""
        ledger, order, connections = self.ledger, self.order, self.connections
        for due in times:
            client = order[self.turn % len(order)]
            self.turn += 1
            if not connections.ready(client):
                self.held_back += 1
                if ledger.trace is not None:
                    ledger.trace.append((due, float("inf")))
                continue
            client.number += 1
            identity = (client.index, client.number)
            ledger.sent[identity] = due
            connections.message(client, identity)

    def _mark(self, now: float) -> tuple[float, ...]:
        """Time, deliveries, messages sent, the server's CPU seconds, ours, and what the server waited for its core."""
        return (
            now,
            self.ledger.delivered,
            len(self.ledger.sent),
            self.meter.cpu(),
            time.process_time(),
            self.meter.starved(),
        )

    def _drain(self, patience: float | None) -> None:
        """Until everything has arrived, or nothing comes any longer, or `patience` seconds are over."""
        began = since = time.monotonic()
        seen = self.ledger.due
        while self.ledger.due > 0 and time.monotonic() - since < DRAIN_WITHOUT_PROGRESS:
            self.connections.poll(0.1)
            if self.ledger.due != seen:
                seen, since = self.ledger.due, time.monotonic()
            if patience is not None and time.monotonic() - began > patience:
                self.given_up = self.ledger.due
                return
        self._idle(0.3)  # repetitions would come now


def _calm_after(trace: list[tuple[float, float]], start: float, bound: float) -> float | None:
    """Seconds from `start` to the first WINDOW whose messages took `bound` ms or less in the median; None: there is
    none. `trace`: when each message was due, and the milliseconds it took, infinitely many for one that was refused."""
    slices: dict[int, list[float]] = {}
    for due, took in trace:
        if due >= start:
            slices.setdefault(int((due - start) / SLICE), []).append(took)
    width = round(WINDOW / SLICE)
    for first in range(max(slices, default=0) - width + 2):
        window = [took for n in range(first, first + width) for took in slices.get(n, [])]
        if (median := percentile(window, 0.5)) is not None and median <= bound:
            return first * SLICE
    return None


if __name__ == "__main__":
    print(json.dumps(Generator(json.load(sys.stdin)).run()))
