"""Edge: how many functions are called on the ways where time goes, which no busy machine can blur.

    python -m benchmarks.counts               # print the counts beside those in counts.json; exit status 1 if one grew
    python -m benchmarks.counts --update      # write them to counts.json
    python -m benchmarks.counts --json        # print them as JSON and compare nothing

What is counted are calls of functions written in this library, those that attrs generates for it included. That is the
same on every Python, unlike instructions, or calls of built-in functions, of which each version has its own.
Comprehensions are left out: up to Python 3.11 they are functions, from 3.12 on they are not. Calls of built-in
functions are counted too, but compared only on the version of Python that counts.json was written with.

The server is a function in the same process with prepared answers, everything has been done once before (classes are
built, caches filled), and hashes are not random.
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

from .answers import Answers
from .production import EXPRESSION

FILE = pathlib.Path(__file__).with_name("counts.json")
#: How much more there may be than what counts.json has before it is a regression. Less is always welcome.
TOLERANCE = 0.05
#: How many entities a path handles.
ENTITIES = 200
#: How many of them are in memory while one is changed; the commit may not depend on it.
CACHED = 2_000

_PACKAGE = os.path.dirname(os.path.abspath(ftrack_orm.__file__)) + os.sep
_COMPREHENSIONS = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})


@attrs.frozen
class Count:
    """What one path costs: calls of the library's functions, and the calls of built-in functions those make."""

    calls: int
    builtin_calls: int


@attrs.frozen
class Growth:
    """A path that costs more than it is allowed to."""

    path: str
    what: str
    before: int
    now: int

    def __str__(self) -> str:
        more = (self.now / self.before - 1) * 100 if self.before else 100
        return f"{self.path}: {self.now:,} {self.what} instead of {self.before:,} ({more:+.0f} %)"


def counted(work: Callable[[], object]) -> Count:
    """Return how many calls *work* makes on this thread."""
    calls = builtin_calls = 0
    known: dict[Any, bool] = {}

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls, builtin_calls
        if event not in ("call", "c_call"):
            return
        code = frame.f_code
        is_ours = known.get(code)
        if is_ours is None:
            # attrs names its generated functions' files "<attrs generated init ftrack_orm....>".
            where = code.co_filename
            is_ours = known[code] = where.startswith((_PACKAGE, "<attrs generated")) and "ftrack_orm" in where
        if not is_ours:
            return
        if event == "c_call":
            builtin_calls += 1
        elif code.co_name not in _COMPREHENSIONS:
            calls += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return Count(calls, builtin_calls)


def connected(answers: Answers) -> Session:
    """Return a session that knows the server and its schema, and no entity."""

    def handle(headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", answers.respond(body)

    session = Session(
        "https://bench.test", "key", "user", transport=InProcess(handle), schema_cache_path=False, page_size=CACHED
    )
    for kind in ("Task", "Shot", "Sequence", "Project", "Status", "Type", "Priority"):
        session.types[kind]
    return session


def merge_cold(answers: Answers) -> Count:
    """Count reading a page of entities that the session does not have."""
    session = connected(answers)
    session.query(f"{EXPRESSION} offset {ENTITIES} limit 1").all()
    query = session.query(f"{EXPRESSION} limit {ENTITIES}")
    return counted(query.all)


def merge_warm(answers: Answers) -> Count:
    """Count reading a page of entities that the session has."""
    session = connected(answers)
    query = session.query(f"{EXPRESSION} limit {ENTITIES}")
    held = query.all()
    count = counted(query.all)
    assert len(held) == ENTITIES
    return count


def read_values(answers: Answers) -> Count:
    """Count reading three loaded values of each entity."""
    tasks = connected(answers).query(f"{EXPRESSION} limit {ENTITIES}").all()

    def work() -> None:
        for task in tasks:
            task.name, task.status.name, task.parent.parent.name  # noqa: B018 - reading is what is counted

    return counted(work)


def read_items(answers: Answers) -> Count:
    """Count reading the same by item access."""
    tasks = connected(answers).query(f"{EXPRESSION} limit {ENTITIES}").all()

    def work() -> None:
        for task in tasks:
            task["name"], task["status"]["name"], task["parent"]["parent"]["name"]

    return counted(work)


def create(answers: Answers) -> Count:
    """Count creating entities, planning and committing them."""
    session = connected(answers)
    task = session.query(f"{EXPRESSION} limit 1").one()
    parent, kind = task.parent, task.type

    def work() -> None:
        for number in range(ENTITIES):
            session.create("Task", name=f"new {number}", parent=parent, type=kind, bid=3600.0)
        session.commit()

    return counted(work)


def change(answers: Answers) -> Count:
    """Count changing an attribute of every entity, planning and committing that."""
    session = connected(answers)
    tasks = session.query(f"{EXPRESSION} limit {ENTITIES}").all()

    def work() -> None:
        for number, task in enumerate(tasks):
            task.bid = 1.5 + number
        session.commit()

    return counted(work)


def commit_one_of_many(answers: Answers) -> Count:
    """Count changing one entity and committing that, with many in memory."""
    session = connected(answers)
    tasks = session.query(f"{EXPRESSION} limit {CACHED}").all()

    def work() -> None:
        tasks[7].bid = 1.5
        session.commit()

    count = counted(work)
    assert len(tasks) == CACHED
    return count


def build_query(answers: Answers) -> Count:
    """Count building a query of four criteria through the classes, and compiling it to text."""
    session = connected(answers)
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
    return counted(work)


PATHS: Mapping[str, Callable[[Answers], Count]] = {
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
    """Return the count of every path, each taken after the path has been gone once."""
    answers = Answers(CACHED)
    found = {}
    for name, path in PATHS.items():
        path(answers)
        found[name] = path(answers)
    return found


def grown(recorded: Mapping[str, Any], found: Mapping[str, Count], python: str) -> list[Growth]:
    """Return the paths of *found* that cost more than *recorded*, the content of counts.json, allows on *python*."""
    growths = []
    for name, now in found.items():
        before = Count(**recorded["paths"].get(name, {"calls": 0, "builtin_calls": 0}))
        if now.calls > before.calls * (1 + TOLERANCE):
            growths.append(Growth(name, "calls of functions", before.calls, now.calls))
        is_same_python = recorded["python"] == python
        if is_same_python and now.builtin_calls > before.builtin_calls * (1 + TOLERANCE):
            growths.append(Growth(name, "calls of built-in functions", before.builtin_calls, now.builtin_calls))
    return growths


def python_version() -> str:
    """Return the version of Python that counts of built-in calls belong to."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def recorded() -> dict[str, Any]:
    """Return the content of counts.json."""
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def _print_beside(before: Mapping[str, Any], found: Mapping[str, Count]) -> None:
    print(f"{'path':<34} {'calls':>8} {'recorded':>9} {'built-in':>9} {'recorded':>9}")
    for name, count in found.items():
        known = before["paths"].get(name, {"calls": "-", "builtin_calls": "-"})
        calls = f"{name:<34} {count.calls:>8} {known['calls']:>9}"
        print(f"{calls} {count.builtin_calls:>9} {known['builtin_calls']:>9}")


def main() -> None:
    """Count, and compare, write or print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--update", action="store_true", help=f"write the counts to {FILE.name}")
    choice.add_argument("--json", action="store_true", help="print the counts as JSON")
    arguments = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets decides some of what is done; it can be chosen only before an interpreter starts.
        command = [sys.executable, "-m", "benchmarks.counts", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, check=False).returncode)
    found = count_all()
    content = {"python": python_version(), "paths": {name: attrs.asdict(count) for name, count in found.items()}}
    if arguments.json:
        print(json.dumps(content))
    elif arguments.update:
        FILE.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        print(f"Wrote {FILE}")
    else:
        before = recorded()
        _print_beside(before, found)
        growths = grown(before, found, python_version())
        for growth in growths:
            print(growth)
        sys.exit(1 if growths else 0)


if __name__ == "__main__":
    main()
