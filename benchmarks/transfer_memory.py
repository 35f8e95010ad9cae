"""Question: how much memory does uploading and downloading a file of 2 GiB take?

    python -m benchmarks.transfer_memory

"MB grown" is the highest memory of the process, less that before the transfers. The file is a sparse one, so that its
content costs no time. The server keeps it in a folder, and runs on the same machine.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import resource
import sys
import tempfile
import time
import uuid
from typing import TYPE_CHECKING

from . import harness
from .clients import OURS, open_session
from .harness import Figures, Measurement
from .processes import Server, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20
#: Sizes in MiB.
SIZES = (1, 256, 2_048)


def round_trip(client: str, server: Server, size: int) -> Figures:
    """Upload a file of *size* MiB to the storage, and download it again."""
    from ftrack_orm.storage.upload import Upload

    with tempfile.TemporaryDirectory() as name, _with_files(server) as files:
        folder = pathlib.Path(name)
        source, target = folder / "source.mov", folder / "target.mov"
        with source.open("wb") as file:
            file.truncate(size * MIB)
        session = open_session(client, files)
        transfers = session._parts.transfers()
        item = Upload(str(uuid.uuid4()), source, "source.mov")
        before = _peak_megabytes()
        started = time.perf_counter()
        completing = transfers.upload([item])
        if completing:
            session.call(completing)
        transfers.finish([item])
        sent = time.perf_counter()
        transfers.download(lambda: transfers.component_url(item.component_id), target, size=size * MIB)
        received = time.perf_counter()
        assert os.path.getsize(target) == size * MIB
        return {
            "upload seconds": sent - started,
            "download seconds": received - sent,
            "MB grown": _peak_megabytes() - before,
        }


@contextlib.contextmanager
def _with_files(server: Server) -> Iterator[Server]:
    """Yield *server* if it has a URL, else one in a process of its own that keeps files in a folder."""
    if server.url:
        yield server
        return
    with tempfile.TemporaryDirectory() as folder, sandbox("--storage", folder) as started:
        yield started


def _peak_megabytes() -> float:
    """Return the highest memory of this process so far. The system counts kilobytes, macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MIB if sys.platform == "darwin" else 1024)


MEASUREMENTS = [
    Measurement("round trip of one file", round_trip, (OURS,), SIZES, server=None, repetitions=3, quick_sizes=(1, 20))
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
