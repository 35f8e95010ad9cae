"""Question: how long do typical scripts take over a line of 5, 50 and 200 ms, and how many requests do they make?

    python -m benchmarks.latency

The scripts are the cookbook's (docs/howto/cookbook), each in two forms: as a user of this library writes it, and as an
experienced user of ftrack-python-api does. The size is the milliseconds that a question and its answer spend on the
line. Each run has an embedded server of its own; one whole script is timed, from a connected session on.
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import frame
from .clients import OFFICIAL, OURS, count_requests, open_session
from .frame import Figures, Measurement, Server

COOKBOOK = frame.ROOT / "docs" / "howto" / "cookbook"
PROJECT = "demo"


def dashboard(session: Any, script: Any) -> None:
    """Show the dashboard once."""
    script.dashboard(session, PROJECT)


def publish(session: Any, script: Any) -> None:
    """Publish a version with five files."""
    task = session.query(f'select id from Task where project.name is "{PROJECT}" order by id').first()
    with tempfile.TemporaryDirectory() as folder:
        names = ("beauty", "depth", "normals", "motion", "matte")
        files = {name: pathlib.Path(folder, f"{name}.exr") for name in names}
        for path in files.values():
            path.write_bytes(b"pixels")
        script.publish(session, task["id"], "beauty pass", files, "ready")


def rollup(session: Any, script: Any) -> None:
    """Roll a project up."""
    script.roll_up(session, PROJECT)


def _measuring(name: str, run: Callable[[Any, Any], None]) -> Callable[[str, Server, int], Figures]:
    def work(client: str, server: Server, size: int) -> Figures:
        port = server.url.rpartition(":")[2]
        with frame.process("-m", "benchmarks.delay_proxy", port, str(size)) as line:
            url = f"http://127.0.0.1:{line()}"
            session = open_session(client, url, server.folder, user=server.user, api_key=server.api_key)
            made: list[int] = []
            count_requests(session, lambda *_, **__: made.append(1))
            script = _script(COOKBOOK / f"{name}.py" if client == OURS else COOKBOOK / "official" / f"{name}.py")
            started = time.perf_counter()
            run(session, script)
            return {"seconds": time.perf_counter() - started, "requests": float(len(made))}

    return work


def _script(path: pathlib.Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


MEASUREMENTS = [
    Measurement(
        f"cookbook: {run.__name__}",
        _measuring(run.__name__, run),
        (OURS, OFFICIAL),
        (5, 50, 200),
        server="sandbox",
        repeat=1,
        quick_sizes=(5,),
        tasks=20_000,
        is_fresh=True,
    )
    for run in (dashboard, publish, rollup)
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
