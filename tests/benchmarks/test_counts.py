"""The hot paths call no more functions than recorded, and the check detects growth."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import attrs
import pytest

from benchmarks import counts
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema

ROOT = pathlib.Path(__file__).parents[2]


def count_in_a_fresh_process() -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.counts", "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    counts: dict[str, Any] = json.loads(run.stdout)
    return counts


def test_no_hot_path_calls_more_functions_than_recorded() -> None:
    current = {name: counts.Count(**count) for name, count in count_in_a_fresh_process()["paths"].items()}
    assert set(current) == set(counts.PATHS) == set(counts.recorded()["paths"])
    growths = counts.find_growths(counts.recorded(), current, counts.python_version())
    advice = "If the cost is intended, explain it in the commit and record it: python -m benchmarks.counts --update"
    assert not growths, "\n".join([*map(str, growths), advice])


def test_reading_loaded_values_calls_no_function() -> None:
    assert counts.recorded()["paths"]["read loaded values"]["calls"] == 0


@pytest.mark.parametrize("kind", ["calls", "builtin_calls"])
def test_growth_beyond_the_tolerance_is_detected(kind: str) -> None:
    recorded = {"python": "3.11", "paths": {"merge": {"calls": 1000, "builtin_calls": 1000}}}
    count = counts.Count(1000, 1000)
    assert counts.find_growths(recorded, {"merge": attrs.evolve(count, **{kind: 1050})}, "3.11") == []
    (growth,) = counts.find_growths(recorded, {"merge": attrs.evolve(count, **{kind: 1051})}, "3.11")
    assert (growth.path, growth.recorded, growth.current) == ("merge", 1000, 1051)
    assert str(growth).startswith("merge: 1,051 calls of ")
    assert str(growth).endswith("instead of 1,000 (+5 %)")


def test_a_first_call_on_a_path_without_calls_is_detected() -> None:
    recorded = {"python": "3.11", "paths": {"read": {"calls": 0, "builtin_calls": 0}}}
    (growth,) = counts.find_growths(recorded, {"read": counts.Count(1, 0)}, "3.11")
    assert str(growth) == "read: 1 calls of functions instead of 0 (+100 %)"


def test_a_path_that_is_not_recorded_is_detected() -> None:
    (growth,) = counts.find_growths({"python": "3.10", "paths": {}}, {"new": counts.Count(7, 9)}, "3.11")
    assert growth.current == 7


def test_calls_of_built_in_functions_are_compared_for_the_same_python_only() -> None:
    recorded = {"python": "3.11", "paths": {"merge": {"calls": 10, "builtin_calls": 10}}}
    assert counts.find_growths(recorded, {"merge": counts.Count(10, 99)}, "3.12") == []


def test_only_functions_of_the_library_and_their_calls_are_counted() -> None:
    schema = Schema.from_response(datamodel.load().schemas)

    def work(times: int) -> list[int]:
        # Neither this function nor the built-in functions that it calls are counted.
        return [len(schema.type("Task").name) for _ in range(times)]

    once, often = counts.count_calls(lambda: work(1)), counts.count_calls(lambda: work(50))
    assert once.calls >= 1
    assert often.calls == 50 * once.calls


def test_counting_removes_its_profiler() -> None:
    with pytest.raises(ZeroDivisionError):
        counts.count_calls(lambda: 1 / 0)
    assert sys.getprofile() is None
