"""Edge: the number of function calls on the hot paths, which does not depend on the load of the machine.

    python -m benchmarks.counts               # compare the counts with those in counts.json; exit status 1 if one grew
    python -m benchmarks.counts --update      # write them to counts.json
    python -m benchmarks.counts --json        # print them as JSON without a comparison

The calls of functions of this library are counted, including those that attrs generates for it. They are the same in
every version of Python, unlike instructions and calls of built-in functions. Comprehensions are not counted: they are
functions up to Python 3.11, but not from 3.12 on. Calls of built-in functions are counted as well, but only compared
with counts recorded by the same version of Python.

The server is a function in the same process with prepared responses. Every path runs once before it is counted, so that
classes are built and caches are filled, and hashes are not random.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import attrs

import ftrack_orm
from ftrack_orm import Session
from ftrack_orm.transport.in_process import InProcess

from .prepared_responses import PreparedResponses
from .production import EXPRESSION

FILE = pathlib.Path(__file__).with_name("counts.json")
#: The relative growth over counts.json above which a count is a regression.
TOLERANCE = 0.05
#: The number of entities that a path handles.
ENTITIES = 200
#: The number of cached entities while one is changed, which must not affect the cost of the commit.
CACHED = 2_000

_PACKAGE = os.path.dirname(os.path.abspath(ftrack_orm.__file__)) + os.sep
_COMPREHENSIONS = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})


@attrs.frozen
class Count:
    """The calls of the library's functions on one path, and the calls of built-in functions by those."""

    calls: int
    builtin_calls: int


@attrs.frozen
class Growth:
    """A path with more calls than the tolerance allows."""

    path: str
    unit: str
    recorded: int
    current: int

    def __str__(self) -> str:
        growth = (self.current / self.recorded - 1) * 100 if self.recorded else 100
        return f"{self.path}: {self.current:,} {self.unit} instead of {self.recorded:,} ({growth:+.0f} %)"


def count_calls(work: Callable[[], object]) -> Count:
    """Return the number of calls that *work* makes on this thread."""
    calls = builtin_calls = 0
    is_library_code: dict[Any, bool] = {}

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls, builtin_calls
        if event not in ("call", "c_call"):
            return
        code = frame.f_code
        is_ours = is_library_code.get(code)
        if is_ours is None:
            # attrs names the files of its generated functions "<attrs generated init ftrack_orm....>".
            path = code.co_filename
            is_ours = path.startswith((_PACKAGE, "<attrs generated")) and "ftrack_orm" in path
            is_library_code[code] = is_ours
        if not is_ours:
            return
        if event == "c_call":
            builtin_calls += 1
        elif code.co_name not in _COMPREHENSIONS:
            calls += 1

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return Count(calls, builtin_calls)


def connect(responses: PreparedResponses) -> Session:
    """Return a session that knows the server and its schema, and has no entity."""

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", responses.respond(body)

    session = Session(
        "https://bench.test", "key", "user", transport=InProcess(handle), schema_cache_path=False, page_size=CACHED
    )
    for kind in ("Task", "Shot", "Sequence", "Project", "Status", "Type", "Priority"):
        session.types[kind]
    return session


def merge_cold(responses: PreparedResponses) -> Count:
    """Count reading a page of entities that are not cached."""
    session = connect(responses)
    session.query(f"{EXPRESSION} offset {ENTITIES} limit 1").all()
    query = session.query(f"{EXPRESSION} limit {ENTITIES}")
    return count_calls(query.all)


def merge_warm(responses: PreparedResponses) -> Count:
    """Count reading a page of entities that are cached."""
    session = connect(responses)
    query = session.query(f"{EXPRESSION} limit {ENTITIES}")
    tasks = query.all()
    count = count_calls(query.all)
    assert len(tasks) == ENTITIES
    return count


def read_values(responses: PreparedResponses) -> Count:
    """Count reading three loaded values of each entity."""
    tasks = connect(responses).query(f"{EXPRESSION} limit {ENTITIES}").all()

    def work() -> None:
        for task in tasks:
            task.name, task.status.name, task.parent.parent.name  # noqa: B018 - the read is counted

    return count_calls(work)


def read_items(responses: PreparedResponses) -> Count:
    """Count reading the same values by item access."""
    tasks = connect(responses).query(f"{EXPRESSION} limit {ENTITIES}").all()

    def work() -> None:
        for task in tasks:
            task["name"], task["status"]["name"], task["parent"]["parent"]["name"]

    return count_calls(work)


def create(responses: PreparedResponses) -> Count:
    """Count creating entities and committing them."""
    session = connect(responses)
    task = session.query(f"{EXPRESSION} limit 1").one()
    parent, kind = task.parent, task.type
    # The first commit of a session derives the rules for the values that a change affects from the schema.
    session.create("Task", name="first", parent=parent, type=kind, bid=3600.0)
    session.commit()

    def work() -> None:
        for number in range(ENTITIES):
            session.create("Task", name=f"new {number}", parent=parent, type=kind, bid=3600.0)
        session.commit()

    return count_calls(work)


def change(responses: PreparedResponses) -> Count:
    """Count changing an attribute of every entity and committing the changes."""
    session = connect(responses)
    tasks = session.query(f"{EXPRESSION} limit {ENTITIES}").all()
    tasks[0].bid = 0.5
    session.commit()

    def work() -> None:
        for number, task in enumerate(tasks):
            task.bid = 1.5 + number
        session.commit()

    return count_calls(work)


def commit_one_of_many(responses: PreparedResponses) -> Count:
    """Count changing one of many cached entities and committing the change."""
    session = connect(responses)
    tasks = session.query(f"{EXPRESSION} limit {CACHED}").all()
    tasks[7].bid = 0.5
    session.commit()

    def work() -> None:
        tasks[7].bid = 1.5
        session.commit()

    count = count_calls(work)
    assert len(tasks) == CACHED
    return count


def build_query(responses: PreparedResponses) -> Count:
    """Count building a query of four criteria with the classes, and compiling it to an expression."""
    session = connect(responses)
    user = session.create("User", username="jane")

    def work() -> str:
        task = session.types.Task
        return str(
            session.query(task)
            .where(task.project.name == "demo", task.status.name.in_(["In progress", "Ready to start"]))
            .where(task.assignments.any(resource=user) | (task.bid > 8 * 3600))
            .select(task.name, task.status.name)
            .order_by(task.end_date.desc())
            .limit(200)
        )

    work()
    return count_calls(work)


PATHS: Mapping[str, Callable[[PreparedResponses], Count]] = {
    "merge a page, cold": merge_cold,
    "merge a page, warm": merge_warm,
    "read loaded values": read_values,
    "read loaded items": read_items,
    "create and commit": create,
    "change and commit": change,
    "commit one change of many cached": commit_one_of_many,
    "build and compile a query": build_query,
}


def count_all() -> dict[str, Count]:
    """Return the count of every path, which has run once before."""
    responses = PreparedResponses(CACHED)
    counts = {}
    for name, path in PATHS.items():
        path(responses)
        counts[name] = path(responses)
    return counts


def find_growths(recorded: Mapping[str, Any], current: Mapping[str, Count], python: str) -> list[Growth]:
    """Return the counts that exceed those *recorded*, the content of counts.json, on a version of Python."""
    growths = []
    for name, count in current.items():
        before = Count(**recorded["paths"].get(name, {"calls": 0, "builtin_calls": 0}))
        if count.calls > before.calls * (1 + TOLERANCE):
            growths.append(Growth(name, "calls of functions", before.calls, count.calls))
        is_same_python = recorded["python"] == python
        if is_same_python and count.builtin_calls > before.builtin_calls * (1 + TOLERANCE):
            growths.append(Growth(name, "calls of built-in functions", before.builtin_calls, count.builtin_calls))
    return growths


def python_version() -> str:
    """Return the version of Python for which counts of built-in calls are comparable."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def recorded() -> dict[str, Any]:
    """Return the content of counts.json."""
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def _print_comparison(recorded_counts: Mapping[str, Any], current: Mapping[str, Count]) -> None:
    print(f"{'path':<34} {'calls':>8} {'recorded':>9} {'built-in':>9} {'recorded':>9}")
    for name, count in current.items():
        recorded_count = recorded_counts["paths"].get(name, {"calls": "-", "builtin_calls": "-"})
        calls = f"{name:<34} {count.calls:>8} {recorded_count['calls']:>9}"
        print(f"{calls} {count.builtin_calls:>9} {recorded_count['builtin_calls']:>9}")


def main() -> None:
    """Count the calls, and compare, write or print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--update", action="store_true", help=f"write the counts to {FILE.name}")
    choice.add_argument("--json", action="store_true", help="print the counts as JSON")
    arguments = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Some counts depend on the order of sets, which can only be fixed before the interpreter starts.
        command = [sys.executable, "-m", "benchmarks.counts", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, check=False).returncode)
    current = count_all()
    content = {"python": python_version(), "paths": {name: attrs.asdict(count) for name, count in current.items()}}
    if arguments.json:
        print(json.dumps(content))
    elif arguments.update:
        FILE.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        print(f"Wrote {FILE}")
    else:
        _print_comparison(recorded(), current)
        growths = find_growths(recorded(), current, python_version())
        for growth in growths:
            print(growth)
        sys.exit(1 if growths else 0)


if __name__ == "__main__":
    main()
