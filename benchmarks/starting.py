"""Question: how long does importing the library take, and how many requests does the first result need?

    python -m benchmarks.starting

Imports are timed in fresh interpreters with compiled modules, and the time of an empty interpreter is subtracted. The
first result is counted in requests, with a schema that an earlier session has cached on disk.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from . import harness
from .clients import OFFICIAL, OURS, count_requests, open_session
from .harness import Figures, Measurement
from .production import EXPRESSION

if TYPE_CHECKING:
    from .processes import Server

PACKAGE = "import ftrack_orm"
SESSION = "from ftrack_orm import Session"
ATTRS = "import attrs"
REQUESTS = "import requests"
FOUNDATION = "import of what it stands on"
#: The number of fresh interpreters for each import, of which the fastest counts.
INTERPRETERS = 7
_STATEMENTS = {
    OFFICIAL: "import ftrack_api",
    # The dependencies of this library, and the larger standard modules that every such client needs.
    FOUNDATION: (
        "import attrs, cachetools, concurrent.futures, datetime, hashlib, inspect, json, logging, pathlib, "
        "platformdirs, threading, urllib.parse, uuid"
    ),
}


def importing(client: str, server: Server, size: int) -> Figures:
    """Return the least seconds of *size* fresh interpreters, without those of an empty one."""
    statement = _STATEMENTS.get(client, client)
    return {"seconds": _least_seconds(statement, size) - _least_seconds("pass", size)}


def first_answer(client: str, server: Server, size: int) -> Figures:
    """Return the number of requests from a new session to the first row, and the seconds."""
    open_session(client, server).close()  # caches the schema on disk
    requests_made: list[int] = []
    started = time.perf_counter()
    if client == OURS:
        from ftrack_orm import Session

        session = Session(server.url, server.api_key, server.user, schema_cache_path=server.folder)
        count_requests(session, lambda *_, **__: requests_made.append(1))
        session.query(EXPRESSION).first()
    else:
        import requests

        original_send = requests.Session.send

        def counting_send(self: requests.Session, *arguments: object, **options: object) -> object:
            requests_made.append(1)
            return original_send(self, *arguments, **options)  # type: ignore[arg-type]  # passed on as they are

        # The client makes requests in its constructor, before its session can be observed.
        requests.Session.send = counting_send  # type: ignore[assignment,method-assign]
        try:
            open_session(client, server).query(EXPRESSION).first()
        finally:
            requests.Session.send = original_send  # type: ignore[method-assign]
    return {"requests": float(len(requests_made)), "seconds": time.perf_counter() - started}


def _least_seconds(statement: str, repetitions: int) -> float:
    """Return the least seconds of *repetitions* interpreters that find all modules compiled, as an installation has."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(repetitions + 1):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
            seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


MEASUREMENTS = [
    Measurement(
        "import",
        importing,
        (PACKAGE, SESSION, ATTRS, FOUNDATION, REQUESTS, OFFICIAL),
        (INTERPRETERS,),
        server=None,
        quick_sizes=(1,),
    ),
    Measurement("first answer", first_answer, (OURS, OFFICIAL), (500,), can_use_sandbox=True),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
