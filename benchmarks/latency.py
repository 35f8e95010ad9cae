"""Question: how long do scripts take at a network latency of 5, 50 and 200 ms, and how many requests do they make?

    python -m benchmarks.latency

The scripts are those of the cookbook (docs/howto/cookbook). Each has two forms: one for this library, and one that an
experienced user of ftrack-python-api would write. The size is the round-trip time in milliseconds. Each run has an
embedded server of its own. The whole script is timed, starting with a connected session. For the listener, the time is
that from the last of several changes to its effect.
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

from . import harness
from .clients import OFFICIAL, OURS, count_requests, open_session
from .harness import Figures, Measurement
from .processes import ROOT, Server, process
from .tables import COOKBOOK_PREFIX

COOKBOOK = ROOT / "docs" / "howto" / "cookbook"
PROJECT = "demo"
#: The time between the commits that the listener handles.
SECONDS_BETWEEN_COMMITS = 2.0
LISTENER_TIMEOUT_SECONDS = 120

#: Runs a script with a session, its module, and the server without latency. Returns the seconds to report, if they are
#: not the duration of the call.
Run = Callable[[Any, Any, Server], "float | None"]


def dashboard(session: Any, script: Any, direct_server: Server) -> None:
    """Show the dashboard once."""
    script.dashboard(session, PROJECT)


def publish(session: Any, script: Any, direct_server: Server) -> None:
    """Publish a version with five files."""
    task = session.query(f'select id from Task where project.name is "{PROJECT}" order by id').first()
    with tempfile.TemporaryDirectory() as folder:
        names = ("beauty", "depth", "normals", "motion", "matte")
        files = {name: pathlib.Path(folder, f"{name}.exr") for name in names}
        for path in files.values():
            path.write_bytes(b"pixels")
        script.publish(session, task["id"], "beauty pass", files, "ready")


def rollup(session: Any, script: Any, direct_server: Server) -> None:
    """Roll up one project."""
    script.roll_up(session, PROJECT)


def listener(session: Any, script: Any, direct_server: Server) -> float:
    """Run the listener while another session without latency sends the tasks of a shot to review, one by one.

    Return the seconds from the last commit until the listener has changed the shot.
    """
    if not session.event_hub.connected:
        session.event_hub.connect()
    script.listen(session)
    threading.Thread(target=session.event_hub.wait, daemon=True).start()
    shot_changed = threading.Event()
    with open_session(OURS, direct_server) as artist:
        shot = artist.query("Shot").where(f'project.name is "{PROJECT}" and children any ()').order_by("id").first()
        review = artist.query("Status").where(name="Pending Review").one()
        artist.event_hub.connect()
        artist.on_change("Shot", lambda *_: shot_changed.set(), attributes=["status"], where=f'id is "{shot.id}"')
        for task in shot.children:
            time.sleep(SECONDS_BETWEEN_COMMITS)
            task.status = review
            started = time.perf_counter()
            artist.commit()
        if not shot_changed.wait(LISTENER_TIMEOUT_SECONDS):
            raise RuntimeError(f"The listener has not changed the shot within {LISTENER_TIMEOUT_SECONDS} seconds.")
        return time.perf_counter() - started


def _measure(name: str, run: Run) -> Callable[[str, Server, int], Figures]:
    def work(client: str, server: Server, size: int) -> Figures:
        port = server.url.rpartition(":")[2]
        with process("-m", "benchmarks.delay_proxy", port, str(size)) as read_line:
            url = f"http://127.0.0.1:{read_line()}"
            session = open_session(client, attrs.evolve(server, url=url))
            requests: list[int] = []
            count_requests(session, lambda *_, **__: requests.append(1))
            script = _load_script(COOKBOOK / f"{name}.py" if client == OURS else COOKBOOK / "official" / f"{name}.py")
            started = time.perf_counter()
            reported = run(session, script, server)
            seconds = time.perf_counter() - started if reported is None else reported
            request_count = float(len(requests))
            session.close()
            return {"seconds": seconds, "requests": request_count}

    return work


def _load_script(path: pathlib.Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


MEASUREMENTS = [
    Measurement(
        f"{COOKBOOK_PREFIX}{run.__name__}",
        _measure(run.__name__, run),
        (OURS, OFFICIAL),
        (5, 50, 200),
        server="sandbox",
        repetitions=1,
        quick_sizes=(5,),
        tasks=20_000,
        needs_new_server=True,
    )
    for run in (dashboard, publish, rollup, listener)
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
