"""Question: how long do typical scripts take over a line of 5, 50 and 200 ms, and how many requests do they make?

    python -m benchmarks.latency [--tasks N] [--latencies MS ...]     # default: 20000 tasks, 5 50 200

The scripts are the cookbook's (docs/howto/cookbook), each in two forms: as a user of this library writes it, and as an
experienced user of ftrack-python-api does. Each run has a process of its own, on an embedded server of its own behind a
line of the given length; one whole script is timed, from a connected session on.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

COOKBOOK = pathlib.Path(__file__).parent.parent / "docs" / "howto" / "cookbook"
CLIENTS = ("ftrack_orm", "official")
PROJECT = "demo"


def dashboard(session: Any, script: Any) -> None:
    script.dashboard(session, PROJECT)


def publish(session: Any, script: Any) -> None:
    task = session.query(f'select id from Task where project.name is "{PROJECT}" order by id').first()
    with tempfile.TemporaryDirectory() as folder:
        files = {name: pathlib.Path(folder, f"{name}.exr") for name in ("beauty", "depth", "normals", "motion", "matte")}
        for path in files.values():
            path.write_bytes(b"pixels")
        script.publish(session, task["id"], "beauty pass", files, "ready")


def rollup(session: Any, script: Any) -> None:
    script.roll_up(session, PROJECT)


SCRIPTS: dict[str, Callable[[Any, Any], None]] = {"dashboard": dashboard, "publish": publish, "rollup": rollup}


def run_one(client: str, name: str, url: str, user: str, key: str) -> dict[str, float]:
    """Run a script with one client in this process; return the seconds it took and the requests it made."""
    requests = 0

    def count(*_: object, **__: object) -> None:
        nonlocal requests
        requests += 1

    with tempfile.TemporaryDirectory() as cache:
        session: Any
        if client == "ftrack_orm":
            from ftrack_orm import Session

            session = Session(url, key, user, schema_cache_path=cache)
            session.server_information  # noqa: B018 - connecting is not part of the script
            session.observe(count)
            path = COOKBOOK / f"{name}.py"
        else:
            import ftrack_api

            session = ftrack_api.Session(url, key, user, schema_cache_path=cache, auto_connect_event_hub=False)
            session._request.hooks["response"].append(count)
            path = COOKBOOK / "official" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        started = time.perf_counter()
        SCRIPTS[name](session, script)
        seconds = time.perf_counter() - started
        session.close()
    return {"requests": requests, "seconds": seconds}


@contextlib.contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python process that prints what one needs to know of it, until the block ends."""
    running = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.terminate()
        running.wait()


def line_of(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def measured(client: str, name: str, tasks: int, milliseconds: float) -> dict[str, float]:
    """Return the requests and seconds of one script, run in processes of its own."""
    command_line = "from ftrack_orm.cli import main; main()"
    sandbox = ("-c", command_line, "sandbox", "--seed", "demo", "--tasks", str(tasks))
    with process(*sandbox) as server:
        url, user, key = (line_of(server).partition("=")[2] for _ in range(3))
        port = url.rpartition(":")[2]
        with process("-m", "benchmarks.delay_proxy", port, str(milliseconds)) as line:
            far = f"http://127.0.0.1:{line_of(line)}"
            command = [sys.executable, "-m", "benchmarks.latency", "--run", client, name, far, user, key]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--latencies", type=float, nargs="+", default=[5, 50, 200])
    parser.add_argument("--run", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(run_one(*arguments.run)))
        return
    print("| script | line | official: requests | seconds | ftrack_orm: requests | seconds | times faster |")
    print("|---|---|---|---|---|---|---|")
    for name in SCRIPTS:
        for milliseconds in arguments.latencies:
            ours, theirs = (measured(client, name, arguments.tasks, milliseconds) for client in CLIENTS)
            print(
                f"| {name} | {milliseconds:g} ms | {theirs['requests']} | {theirs['seconds']:.2f} "
                f"| {ours['requests']} | {ours['seconds']:.2f} | {theirs['seconds'] / ours['seconds']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
