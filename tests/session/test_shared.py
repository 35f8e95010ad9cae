"""The session of a process: one for all threads, another one after it was closed and in a forked process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftrack_orm import errors, shared_session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.session import shared

THREADS = 8


@pytest.fixture(autouse=True)
def environment(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The variables of the embedded server, and a process without a session before and after the test."""
    monkeypatch.setenv("FTRACK_SERVER", box.url)
    monkeypatch.setenv("FTRACK_API_USER", box.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", box.api_key)
    monkeypatch.setattr(shared, "_SHARED", shared.SharedSession())
    yield
    shared._SHARED.close()


def test_all_threads_get_the_same_session() -> None:
    barrier = threading.Barrier(THREADS)

    def ask(_: int) -> object:
        barrier.wait()
        return shared_session(schema_cache_path=False)

    with ThreadPoolExecutor(THREADS) as executor:
        assert len(set(executor.map(ask, range(THREADS)))) == 1
    assert shared_session().query("User").first() is not None


def test_after_it_was_closed_the_next_call_makes_another_one() -> None:
    first = shared_session(page_size=7)
    with first:
        assert shared_session() is first
    second = shared_session(page_size=9)
    assert second is not first
    assert second.settings.page_size == 9


def test_other_arguments_are_refused_by_name_and_the_same_ones_are_not() -> None:
    first = shared_session(page_size=7, api_key="s3cret-1")
    assert shared_session(page_size=7) is first
    with pytest.raises(errors.UsageError, match=r"another api_key.*Session\(\.\.\.\)") as caught:
        shared_session(page_size=7, api_key="s3cret-2")
    assert "s3cret" not in str(caught.value)
    with pytest.raises(errors.UsageError, match="another timeout"):
        shared_session(timeout=5)


def test_arguments_that_make_no_session_are_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(errors.SettingsError):
            shared_session(page_size=0)
    assert shared_session().settings.page_size == 500


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX systems")
def test_a_forked_process_makes_its_own_and_its_end_leaves_that_of_the_parent_open() -> None:
    program = """
import os
from ftrack_orm import shared_session
parents = shared_session(schema_cache_path=False)
assert parents.query("User").first()
pid = os.fork()
if pid == 0:
    own = shared_session()
    assert own is not parents and own.query("User").first()
    raise SystemExit
assert os.waitpid(pid, 0)[1] == 0
assert shared_session() is parents and parents.query("User").where("id is_not none").count()
parents.create("Project", name="lost")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert run.returncode == 0, run.stderr
    assert "changes that were not committed" in run.stderr
