"""The parts of a session that only some programs need are made, and their modules imported, by their first use."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftrack_orm.sandbox import Sandbox
from ftrack_orm.session.deferred import Deferred

THREADS = 8


def test_the_part_is_made_once_by_the_first_call_of_several_threads() -> None:
    made: list[object] = []
    barrier = threading.Barrier(THREADS)

    def make() -> object:
        made.append(object())
        return made[-1]

    part = Deferred(make)
    assert not made

    def use(_: int) -> object:
        barrier.wait()
        return part()

    with ThreadPoolExecutor(THREADS) as executor:
        parts = set(executor.map(use, range(THREADS)))
    assert len(made) == 1
    assert parts == set(made)


def test_a_part_whose_making_fails_is_made_by_the_next_call() -> None:
    failures = [ImportError("interrupted")]

    def make() -> str:
        if failures:
            raise failures.pop()
        return "part"

    part = Deferred(make)
    with pytest.raises(ImportError):
        part()
    assert part() == "part"


def imported(program: str) -> set[str]:
    """Return the modules of this library that a new interpreter has imported after *program*."""
    report = "\nimport sys\nprint(*[name for name in sys.modules if name.startswith('ftrack_orm')])"
    result = subprocess.run([sys.executable, "-c", program + report], check=True, capture_output=True, text=True)
    return set(result.stdout.splitlines()[-1].split())


def test_a_program_imports_the_modules_for_what_it_does() -> None:
    with Sandbox(seed="demo") as box:
        create = f"from ftrack_orm import Session\nsession = Session({box.url!r}, {box.api_key!r}, {box.api_user!r})\n"
        read = "task = session.query('Task').first()\n"
        committer = "ftrack_orm.entities.committing.committer"
        assert "ftrack_orm.session.wiring" not in imported("from ftrack_orm import Session")
        assert committer not in imported(create + read)
        assert committer in imported(create + read + "task.name = 'x'\nsession.commit()")
