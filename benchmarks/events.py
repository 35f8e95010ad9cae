"""How many events a second does this library's hub handle, and how many the official client's, side by side?

    python -m benchmarks.events [EVENTS] [RUNS]

Each measurement is a process of its own, fed by a server in yet another (`benchmarks/event_feed.py`) with events such
as a status change on a task gives (`update`, 1.4 kB) or with nearly empty ones (`small`, 0.2 kB). One subscription
matches and counts them; others do not match. The time is from asking for the events to the last call of the callback.
The hubs take turns, and the best of the runs counts: on a shared machine, everything slower is somebody else's work.
The processor time of an event (`µs`) depends less on that. Memory is what the process has grown by.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

#: Kind of event, subscriptions that do not match.
CASES = [("small", 0), ("small", 20), ("small", 100), ("update", 0), ("update", 20), ("update", 100)]
PATIENCE_SECONDS = 600


class Counter:
    """The callback that matches: counts, and says when it was called for the last time that is expected."""

    def __init__(self, expected: int) -> None:
        self.left = expected
        self.done = threading.Event()
        self.ended = 0.0
        self._lock = threading.Lock()

    def __call__(self, event: Any) -> None:
        with self._lock:  # hubs may call from several threads
            self.left -= 1
            is_last = not self.left
        if is_last:
            self.ended = time.perf_counter()
            self.done.set()


def subscribe_all(hub: Any, counter: Callable[[Any], None], others: int) -> None:
    """Subscribe the counter, and *others* callbacks for changes that do not come."""
    hub.subscribe("topic=ftrack.update and source.user.username=jane", counter)
    for number in range(others):
        hub.subscribe(f"topic=studio.other.{number} and data.user.username=jane", lambda event: None)


def measure_official(port: int, kind: str, events: int, others: int) -> dict[str, float]:
    """Measure the official client's hub in this process."""
    from ftrack_api.event.base import Event
    from ftrack_api.event.hub import EventHub

    hub = EventHub(f"http://127.0.0.1:{port}", "bench", "key")
    counter = Counter(events)
    subscribe_all(hub, counter, others)
    hub.connect()

    def run(count: int) -> float:
        counter.left = count
        counter.done.clear()
        started = time.perf_counter()
        hub.publish(Event("bench.start", data={"count": count, "kind": kind}))
        while not counter.done.is_set():
            hub.wait(0.2)
        return counter.ended - started

    return measured(run, events)


def measure_ours(port: int, kind: str, events: int, others: int) -> dict[str, float]:
    """Measure this library's hub in this process."""
    from ftrack_orm import Event, Session

    hub = Session(f"http://127.0.0.1:{port}", "key", "bench").event_hub
    counter = Counter(events)
    subscribe_all(hub, counter, others)
    hub.connect()

    def run(count: int) -> float:
        counter.left = count
        counter.done.clear()
        started = time.perf_counter()
        hub.publish(Event("bench.start", {"count": count, "kind": kind}))
        if not counter.done.wait(PATIENCE_SECONDS):
            raise SystemExit(f"{counter.left} of {count} events were not handled: {hub.statistics}")
        return counter.ended - started

    return measured(run, events)


def measured(run: Callable[[int], float], events: int) -> dict[str, float]:
    """Run once to warm up and once in earnest; return events a second, processor time of each, and megabytes grown."""
    run(max(events // 10, 1))
    memory, processor = _resident(), time.process_time()
    seconds = run(events)
    microseconds = (time.process_time() - processor) / events * 1e6
    return {"rate": events / seconds, "processor": microseconds, "grown": _resident() - memory}


def _resident() -> float:
    """Return the greatest memory the process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_process(hub: str, port: int, kind: str, events: int, others: int) -> dict[str, float]:
    """Return what a process of its own measures."""
    command = [sys.executable, "-m", "benchmarks.events", "--measure", hub, str(port), kind, str(events), str(others)]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return answer


def best(measurements: list[dict[str, float]]) -> dict[str, float]:
    """Return the best of each, but for memory, of which the most is told."""
    return {
        "rate": max(one["rate"] for one in measurements),
        "processor": min(one["processor"] for one in measurements),
        "grown": max(one["grown"] for one in measurements),
    }


def main(events: int, runs: int) -> None:
    """Print the table."""
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.event_feed"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        columns = ["event", "not matching", "official /s", "ours /s", "ratio"]
        columns += ["official µs", "ours µs", "official +MB", "ours +MB"]
        print(" ".join(f"{column:>12}" for column in columns))
        for kind, others in CASES:
            found: dict[str, list[dict[str, float]]] = {"official": [], "ours": []}
            for _ in range(runs):
                for hub, measurements in found.items():
                    measurements.append(in_process(hub, port, kind, events, others))
            official, ours = (best(measurements) for measurements in found.values())
            row = [kind, str(others), f"{official['rate']:,.0f}", f"{ours['rate']:,.0f}"]
            row += [
                f"{ours['rate'] / official['rate']:.1f}",
                f"{official['processor']:.0f}",
                f"{ours['processor']:.0f}",
            ]
            row += [f"{official['grown']:.1f}", f"{ours['grown']:.1f}"]
            print(" ".join(f"{cell:>12}" for cell in row), flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        hub_name, port_text, kind_name, events_text, others_text = sys.argv[2:]
        measure = {"official": measure_official, "ours": measure_ours}[hub_name]
        print(json.dumps(measure(int(port_text), kind_name, int(events_text), int(others_text))))
    else:
        numbers = [int(argument) for argument in sys.argv[1:]]
        main(*(numbers + [20_000, 3][len(numbers) :]))
