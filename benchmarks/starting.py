"""Question: what does it cost to import the library, and to get from nothing to the first answer?

    python -m benchmarks.starting

Importing is timed in fresh interpreters, with what an interpreter alone takes off. The first answer is counted in
requests, with the schema cached on disk by an earlier session.
"""

from __future__ import annotations

import subprocess
import sys
import time

from . import frame
from .clients import OFFICIAL, OURS, count_requests, open_session
from .frame import Figures, Measurement, Server
from .production import EXPRESSION

PACKAGE = "import ftrack_orm"
SESSION = "from ftrack_orm import Session"
ATTRS = "import attrs"
REQUESTS = "import requests"
FOUNDATION = "import of what it stands on"
#: How many fresh interpreters import each; the fastest counts.
INTERPRETERS = 7
_STATEMENTS = {
    OFFICIAL: "import ftrack_api",
    # Its libraries, and of what Python brings the larger ones that any client of this kind needs.
    FOUNDATION: (
        "import attrs, cachetools, concurrent.futures, datetime, hashlib, inspect, json, logging, pathlib, "
        "platformdirs, threading, urllib.parse, uuid"
    ),
}


def importing(client: str, server: Server, size: int) -> Figures:
    """Return the least seconds of *size* fresh interpreters."""
    statement = _STATEMENTS.get(client, client)
    return {"seconds": _least(statement, size) - _least("pass", size)}


def first_answer(client: str, server: Server, size: int) -> Figures:
    """Return the requests from a new session to the first row, and the seconds."""
    open_session(client, server).close()  # leaves the schema on disk
    made: list[int] = []
    started = time.perf_counter()
    if client == OURS:
        from ftrack_orm import Session

        session = Session(server.url, server.api_key, server.user, schema_cache_path=server.folder)
        count_requests(session, lambda *_, **__: made.append(1))
        session.query(EXPRESSION).first()
    else:
        import requests

        plain_send = requests.Session.send

        def counted(self: requests.Session, *arguments: object, **options: object) -> object:
            made.append(1)
            return plain_send(self, *arguments, **options)  # type: ignore[arg-type]  # whatever requests hands on

        requests.Session.send = counted  # type: ignore[assignment,method-assign]  # it sends before it can be reached
        open_session(client, server).query(EXPRESSION).first()
    return {"requests": float(len(made)), "seconds": time.perf_counter() - started}


def _least(statement: str, times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        taken.append(time.perf_counter() - started)
    return min(taken)


MEASUREMENTS = [
    Measurement(
        "import",
        importing,
        (PACKAGE, SESSION, ATTRS, FOUNDATION, REQUESTS, OFFICIAL),
        (INTERPRETERS,),
        server=None,
        quick_sizes=(1,),
    ),
    Measurement("first answer", first_answer, (OURS, OFFICIAL), (500,), is_portable=True),
]

if __name__ == "__main__":
    frame.main(sys.modules[__name__])
