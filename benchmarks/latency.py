"""Question: how long do typical scripts take over a line of 5, 50 and 200 ms, and how many requests do they make?

    python -m benchmarks.latency

The scripts are the cookbook's (docs/howto/cookbook), each in two forms: as a user of this library writes it, and as an
experienced user of ftrack-python-api does. The size is the milliseconds that a question and its answer spend on the
line. Each run has an embedded server of its own; one whole script is timed, from a connected session on. Of the
listener it is how long the last of several changes takes to have its effect.
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import attrs

from . import frame
from .clients import OFFICIAL, OURS, count_requests, open_session
from .frame import Figures, Measurement, Server

COOKBOOK = frame.ROOT / "docs" / "howto" / "cookbook"
PROJECT = "demo"
#: Seconds between the changes a listener hears of.
PAUSE = 2.0


def dashboard(session: Any, script: Any, near: Server) -> None:
    """Show the dashboard once."""
    script.dashboard(session, PROJECT)


def publish(session: Any, script: Any, near: Server) -> None:
    """Publish a version with five files."""
    task = session.query(f'select id from Task where project.name is "{PROJECT}" order by id').first()
    with tempfile.TemporaryDirectory() as folder:
        names = ("beauty", "depth", "normals", "motion", "matte")
        files = {name: pathlib.Path(folder, f"{name}.exr") for name in names}
        for path in files.values():
            path.write_bytes(b"pixels")
        script.publish(session, task["id"], "beauty pass", files, "ready")


def rollup(session: Any, script: Any, near: Server) -> None:
    """Roll a project up."""
    script.roll_up(session, PROJECT)


def listener(session: Any, script: Any, near: Server) -> float:
    """Listen while somebody who is near the server sends the tasks of a shot to review, one after the other.

    Returns the seconds from the last task's commit until the shot is sent. Between commits is time to handle them.
    """
    if not session.event_hub.connected:
        session.event_hub.connect()
    script.listen(session)
    threading.Thread(target=session.event_hub.wait, daemon=True).start()
    sent = threading.Event()
    with open_session(OURS, near) as artist:
        shot = artist.query("Shot").where(f'project.name is "{PROJECT}" and children any ()').order_by("id").first()
        review = artist.query("Status").where(name="Pending Review").one()
        artist.event_hub.connect()
        artist.on_change("Shot", lambda *_: sent.set(), attributes=["status"], where=f'id is "{shot.id}"')
        for task in shot.children:
            time.sleep(PAUSE)
            task.status = review
            started = time.perf_counter()
            artist.commit()
        if not sent.wait(120):
            raise RuntimeError("The listener has not sent the shot to review.")
        return time.perf_counter() - started


def _measuring(name: str, run: Callable[[Any, Any, Server], float | None]) -> Callable[[str, Server, int], Figures]:
    def work(client: str, server: Server, size: int) -> Figures:
        port = server.url.rpartition(":")[2]
        with frame.process("-m", "benchmarks.delay_proxy", port, str(size)) as line:
            url = f"http://127.0.0.1:{line()}"
            session = open_session(client, attrs.evolve(server, url=url))
            made: list[int] = []
            count_requests(session, lambda *_, **__: made.append(1))
            script = _script(COOKBOOK / f"{name}.py" if client == OURS else COOKBOOK / "official" / f"{name}.py")
            started = time.perf_counter()
            reaction = run(session, script, server)
            seconds = time.perf_counter() - started if reaction is None else reaction
            requests = float(len(made))
            session.close()
            return {"seconds": seconds, "requests": requests}

    return work


def _script(path: pathlib.Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
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
    for run in (dashboard, publish, rollup, listener)
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
