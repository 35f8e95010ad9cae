"""Processes of a benchmark: measured clients and the servers that they talk to."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import attrs

ROOT = pathlib.Path(__file__).parent.parent


@attrs.frozen
class Server:
    """The address and the credentials of a server, and a folder in which sessions may cache its schema."""

    url: str
    folder: str
    user: str = "benchmark"
    api_key: str = "benchmark"


@contextlib.contextmanager
def process(*arguments: str) -> Iterator[Callable[[], str]]:
    """Run a Python process until the block ends; yields a function that reads a line of its output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert running.stdout is not None
    output = running.stdout
    try:
        yield lambda: output.readline().strip()
    finally:
        running.terminate()
        running.wait()
        output.close()


@contextlib.contextmanager
def sandbox(*options: str) -> Iterator[Server]:
    """Run an embedded server in a process, with options of `ftrack-orm sandbox`."""
    command_line = "from ftrack_orm.cli import main; main()"
    with _cache_folder() as folder, process("-c", command_line, "sandbox", *options) as read_line:
        url, user, key = (read_line().partition("=")[2] for _ in range(3))
        yield Server(url, folder, user, key)


@contextlib.contextmanager
def server_process(kind: str | None, tasks: int) -> Iterator[Server]:
    """Run a server for a measurement in a process.

    *kind* is "responder" for prepared responses, "sandbox" for the embedded server with the demo seed, "event_feed" for
    the server of events, and None for no server. *tasks* is the number of tasks of the first two.
    """
    if kind == "sandbox":
        with sandbox("--seed", "demo", "--tasks", str(tasks)) as server:
            yield server
    elif kind == "responder":
        with _cache_folder() as folder, process("-m", "benchmarks.responder", str(tasks)) as read_line:
            yield Server(read_line(), folder)
    elif kind == "event_feed":
        with _cache_folder() as folder, process("-m", "benchmarks.event_feed") as read_line:
            yield Server(f"http://127.0.0.1:{read_line()}", folder)
    else:
        with _cache_folder() as folder:
            yield Server("", folder)


def _cache_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()
