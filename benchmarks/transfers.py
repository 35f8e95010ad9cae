"""Question: how long do uploads and downloads of many small and few large files take at a latency of 0 and 50 ms?

    python -m benchmarks.transfers

The size is the round-trip time in milliseconds. Uploads create a component for each file in the server's storage.
Downloads copy components from there to a folder, which is another location of both clients. The official client moves
one file after the other. The small files are 200 of 16 KiB, the large ones 4 of 64 MiB. "requests" are those to the
API, without the transfers. Each client has transferred one file before. Each run has an embedded server of its own,
which keeps files in memory.
"""

from __future__ import annotations

import contextlib
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from . import harness
from .clients import OFFICIAL, OURS, count_requests, open_session
from .harness import Figures, Measurement
from .processes import Server, process
from .tables import TRANSFER_PREFIX

SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"
MIB = 1 << 20


@attrs.frozen
class Files:
    """Files to transfer: their number and the bytes of each, and those of a quick run, at a latency of 1 ms."""

    name: str
    count: int
    bytes_each: int
    quick_count: int
    quick_bytes: int

    def write(self, folder: pathlib.Path, *, quick: bool) -> list[pathlib.Path]:
        """Write the files, each with another content, into *folder*."""
        count, size = (self.quick_count, self.quick_bytes) if quick else (self.count, self.bytes_each)
        paths = [folder / f"file{number:04}.exr" for number in range(count)]
        for number, path in enumerate(paths):
            path.write_bytes(number.to_bytes(4, "big") * (size // 4))
        return paths


SMALL = Files("200 small files", 200, 16 << 10, 6, 16 << 10)
LARGE = Files("4 large files", 4, 64 * MIB, 2, 20 * MIB)
QUICK_LATENCY = 1


def upload(client: str, server: Server, latency: int, files: Files) -> Figures:
    """Create a component in the server's storage for each file."""
    with tempfile.TemporaryDirectory() as folder, delayed(server, latency) as slow:
        paths = files.write(pathlib.Path(folder), quick=latency == QUICK_LATENCY)
        session = open_session(client, slow)
        create_components(client, session, paths[:1])
        with measured(session) as figures:
            components = create_components(client, session, paths)
        session.close()
        check_registered(server, components)
        return figures


def download(client: str, server: Server, latency: int, files: Files) -> Figures:
    """Copy the components of the files from the server's storage into a folder."""
    with tempfile.TemporaryDirectory() as folder, delayed(server, latency) as slow:
        source, target = pathlib.Path(folder, "source"), pathlib.Path(folder, "target")
        source.mkdir()
        target.mkdir()
        paths = files.write(source, quick=latency == QUICK_LATENCY)
        with open_session(OURS, server) as publisher:
            first, *ids = create_components(OURS, publisher, [paths[0], *paths])
            location_id = publisher.create("Location", name="benchmark").id
            publisher.commit()
        session = open_session(client, slow)
        components = [session.get("FileComponent", id_) for id_ in ids]
        location = folder_location(client, session, location_id, target)
        server_location = session.get("Location", SERVER_LOCATION)
        location.add_components([session.get("FileComponent", first)], server_location)
        with measured(session) as figures:
            location.add_components(components, server_location)
        session.close()
        received = sorted(path.read_bytes() for path in target.rglob("*") if path.is_file())
        if received != sorted(path.read_bytes() for path in [paths[0], *paths]):
            raise RuntimeError(f"{client} has downloaded other bytes than were uploaded.")
        return figures


def create_components(client: str, session: Any, paths: Sequence[pathlib.Path]) -> list[str]:
    """Create components for *paths* in the server's storage and return their ids."""
    if client == OFFICIAL:
        location = session.get("Location", SERVER_LOCATION)
        return [session.create_component(str(path), {"name": path.stem}, location=location)["id"] for path in paths]
    items = [(path, {"name": path.stem}) for path in paths]
    return [component.id for component in session.create_components(items, SERVER_LOCATION)]


def folder_location(client: str, session: Any, location_id: str, folder: pathlib.Path) -> Any:
    """Return a location that keeps files by their ids in *folder*."""
    location = session.get("Location", location_id)
    if client == OFFICIAL:
        import ftrack_api.accessor.disk
        import ftrack_api.structure.id

        location.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(folder))
        location.structure = ftrack_api.structure.id.IdStructure()
        location.priority = 1
    else:
        from ftrack_orm.storage.accessors.disk import DiskAccessor
        from ftrack_orm.storage.structures.ids import IdStructure

        session.locations.configure(location, accessor=DiskAccessor(folder), structure=IdStructure(), priority=1)
    return location


def check_registered(server: Server, ids: Sequence[str]) -> None:
    """Raise `RuntimeError` unless all components are registered in the server's storage."""
    with open_session(OURS, server) as session:
        registered = session.query("ComponentLocation").where(location_id=SERVER_LOCATION)
        if {each.component_id for each in registered} < set(ids):
            raise RuntimeError("Not all components are registered in the server's storage.")


@contextlib.contextmanager
def measured(session: Any) -> Iterator[Figures]:
    """Yield the figures of a block, which are complete at its end: its seconds and the requests of *session*."""
    requests: list[int] = []
    count_requests(session, lambda *_, **__: requests.append(1))
    figures: Figures = {}
    started = time.perf_counter()
    yield figures
    figures["seconds"] = time.perf_counter() - started
    figures["requests"] = float(len(requests))


@contextlib.contextmanager
def delayed(server: Server, latency: int) -> Iterator[Server]:
    """Yield the server behind a proxy that adds *latency*, or the server itself for 0."""
    if not latency:
        yield server
        return
    port = server.url.rpartition(":")[2]
    with process("-m", "benchmarks.delay_proxy", port, str(latency)) as read_line:
        yield attrs.evolve(server, url=f"http://127.0.0.1:{read_line()}")


def _measurement(direction: str, transfer: Callable[[str, Server, int, Files], Figures], files: Files) -> Measurement:
    return Measurement(
        f"{TRANSFER_PREFIX}{direction} {files.name}",
        lambda client, server, size: transfer(client, server, size, files),
        (OURS, OFFICIAL),
        (0, 50),
        server="sandbox",
        repetitions=3,
        # One file after the other takes the official client more than a minute.
        slow_clients=(OFFICIAL,) if files is SMALL else (),
        quick_sizes=(QUICK_LATENCY,),
        tasks=100,
        needs_new_server=True,
    )


MEASUREMENTS = [
    _measurement("upload", upload, SMALL),
    _measurement("download", download, SMALL),
    _measurement("upload", upload, LARGE),
    _measurement("download", download, LARGE),
]

if __name__ == "__main__":
    harness.main(sys.modules[__name__])
