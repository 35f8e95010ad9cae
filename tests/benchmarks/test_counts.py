"""The ways where time goes call no more functions than recorded, and the check that says so can tell."""

import json
import os
import pathlib
import subprocess
import sys

import attrs
import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def counts():
    sys.path.insert(0, str(ROOT))
    try:
        import benchmarks.counts as module
    finally:
        sys.path.remove(str(ROOT))
    return module


def counted_in_a_fresh_process():
    command = [sys.executable, "-m", "benchmarks.counts", "--json"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_no_hot_path_calls_more_functions_than_recorded(counts):
    found = {name: counts.Count(**count) for name, count in counted_in_a_fresh_process()["paths"].items()}
    assert set(found) == set(counts.PATHS) == set(counts.recorded()["paths"])
    growths = counts.grown(counts.recorded(), found, counts.python_version())
    advice = "If the cost is wanted, say why in the commit and record it: python -m benchmarks.counts --update"
    assert not growths, "\n".join([*map(str, growths), advice])


def test_reading_loaded_values_calls_nothing(counts):
    assert counts.recorded()["paths"]["read loaded values"]["calls"] == 0


@pytest.mark.parametrize("kind", ["calls", "builtin_calls"])
def test_a_path_that_costs_more_than_the_tolerance_is_found(counts, kind):
    recorded = {"python": "3.11", "paths": {"merge": {"calls": 1000, "builtin_calls": 1000}}}
    before = counts.Count(1000, 1000)
    assert counts.grown(recorded, {"merge": attrs.evolve(before, **{kind: 1050})}, "3.11") == []
    (growth,) = counts.grown(recorded, {"merge": attrs.evolve(before, **{kind: 1051})}, "3.11")
    assert (growth.path, growth.before, growth.now) == ("merge", 1000, 1051)
    assert str(growth).startswith("merge: 1,051 calls of ")
    assert str(growth).endswith("instead of 1,000 (+5 %)")


def test_a_path_that_called_nothing_may_not_begin_to(counts):
    recorded = {"python": "3.11", "paths": {"read": {"calls": 0, "builtin_calls": 0}}}
    (growth,) = counts.grown(recorded, {"read": counts.Count(1, 0)}, "3.11")
    assert str(growth) == "read: 1 calls of functions instead of 0 (+100 %)"


def test_a_path_that_nobody_recorded_is_found(counts):
    (growth,) = counts.grown({"python": "3.10", "paths": {}}, {"new": counts.Count(7, 9)}, "3.11")
    assert growth.now == 7


def test_calls_of_built_in_functions_are_compared_on_the_same_python_only(counts):
    recorded = {"python": "3.11", "paths": {"merge": {"calls": 10, "builtin_calls": 10}}}
    assert counts.grown(recorded, {"merge": counts.Count(10, 99)}, "3.12") == []


def test_what_is_counted_are_the_librarys_functions_and_what_they_call(counts):
    schema = Schema.from_answer(datamodel.load().schemas)

    def work(times):
        # Neither this function nor the built-in functions it calls are the library's.
        return [len(schema.type("Task").name) for _ in range(times)]

    once, often = counts.counted(lambda: work(1)), counts.counted(lambda: work(50))
    assert once.calls >= 1
    assert often.calls == 50 * once.calls


def test_counting_leaves_no_profiler_behind(counts):
    with pytest.raises(ZeroDivisionError):
        counts.counted(lambda: 1 / 0)
    assert sys.getprofile() is None
