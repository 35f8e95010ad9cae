"""The harness: processes for measurements, the command line and its files."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import building, harness, identity_floor, latency, reading, starting, writing
from benchmarks.processes import ROOT, Server, server_process
from tests.property_settings import IN_FULL


def test_the_command_writes_a_table_and_the_results_as_json(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "benchmarks", "--quick", "--only", "building", "--output", str(tmp_path)]
    subprocess.run(arguments, cwd=ROOT, check=True, stdout=subprocess.PIPE, env={**os.environ, "MPLBACKEND": "Agg"})
    (target,) = [line for line in (tmp_path / "table.md").read_text("utf-8").splitlines() if "50 µs" in line]
    assert "met" in target or "missed" in target
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))["results"]
    assert {result["client"] for result in results} == {"nodes by hand", "ftrack_orm"}
    for result in results:
        assert result["measurement"] == "build a query"
        assert result["figures"]["seconds"][0] > 0


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Replace the processes of the harness; returns the kinds of servers, and the measured clients with sizes."""
    servers, measured = [], []

    def run_in_process(benchmark: Any, index: int, client: str, server: Server, size: int) -> dict[str, float]:
        measured.append((benchmark.MEASUREMENTS[index].name, client, size))
        return {"seconds": float(len(measured))}

    def server_process(kind: str, tasks: int) -> contextlib.AbstractContextManager[Server]:
        servers.append((kind, tasks))
        return contextlib.nullcontext(Server("", ""))

    monkeypatch.setattr(harness, "server_process", server_process)
    monkeypatch.setattr(harness, "run_in_process", run_in_process)
    return SimpleNamespace(servers=servers, measured=measured)


def test_the_clients_of_a_measurement_take_turns_and_slow_ones_get_one(runs: SimpleNamespace) -> None:
    results = harness.run(writing)
    creates = [client for name, client, size in runs.measured if (name, size) == ("creates", 1_000)]
    assert creates == [*writing.ALL, *writing.ALL[:-1], *writing.ALL[:-1]]
    values = {each.client: len(each.figures["seconds"]) for each in results if each.size == 1_000}
    assert values == {**dict.fromkeys(writing.ALL[:-1], 3), writing.ALL[-1]: 1}


def test_a_quick_run_measures_every_client_once_at_the_quick_sizes(runs: SimpleNamespace) -> None:
    results = harness.run(identity_floor, quick=True)
    expected = [
        (measurement.name, client, size)
        for measurement in identity_floor.MEASUREMENTS
        for size in measurement.quick_sizes
        for client in measurement.clients
    ]
    assert runs.measured == expected
    assert [(each.measurement, each.client, each.size) for each in results] == expected
    assert all(len(values) == 1 for each in results for values in each.figures.values())


def test_a_run_uses_the_requested_server_where_it_can_be_replaced(runs: SimpleNamespace) -> None:
    harness.run(building, quick=True, server="sandbox")
    harness.run(starting, quick=True, server="sandbox")
    harness.run(building, quick=True)
    assert [kind for kind, _ in runs.servers] == ["sandbox", None, "sandbox", "responder"]


def test_a_measurement_that_changes_data_has_a_new_server_for_every_run(runs: SimpleNamespace) -> None:
    harness.run(latency, quick=True)
    assert runs.servers == [("sandbox", 300)] * 2 * len(latency.MEASUREMENTS)


@pytest.mark.skipif(not IN_FULL, reason="it measures with a server in a process of its own, for CI")
def test_the_embedded_server_can_replace_prepared_responses() -> None:
    with server_process("sandbox", 40) as server:
        # Both fail for another number of tasks than the size.
        for benchmark, client in ((reading, "ftrack_orm"), (identity_floor, identity_floor.FLOOR)):
            assert benchmark.MEASUREMENTS[0].work(client, server, 40)["seconds"] > 0


def test_a_measurement_that_fails_ends_the_run() -> None:
    with pytest.raises(RuntimeError, match="failed for no-client at 1"):
        harness.run_in_process(identity_floor, 0, "no-client", Server("http://127.0.0.1:9", "/nonexistent"), 1)


def test_the_best_run_is_the_fastest_and_has_the_highest_rate() -> None:
    result = harness.Result("read", "client", 10, {"seconds": [2.0, 1.0, 4.0], "entities/s": [5.0, 10.0, 2.0]})
    assert (result.best("seconds"), result.best("entities/s")) == (1.0, 10.0)
    assert (result.median("seconds"), result.spread("seconds")) == (2.0, (1.0, 4.0))
