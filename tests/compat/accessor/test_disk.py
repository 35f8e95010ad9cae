"""The accessor for a folder has the results and errors of the official client's."""

from __future__ import annotations

import os
from typing import Any

from tests.compat.conftest import Both, Studio, raised


def test_files_and_folders_are_read_and_written(both: Both) -> None:
    def run(studio: Studio) -> Any:
        accessor = studio.client.accessor.disk.DiskAccessor(prefix=str(studio.folder))
        accessor.make_container("a/b")
        with open(os.path.join(studio.folder, "a", "b", "plate.0001.exr"), "wb") as file:
            file.write(b"x")
        stream = accessor.open("a/b/new.txt", "wb")
        stream.write(b"text")
        stream.close()
        again = accessor.open("a/b/new.txt")
        facts: list[Any] = [again.read(), sorted(accessor.list("a/b")), sorted(accessor.list("a"))]
        again.close()
        facts += [[accessor.exists(name) for name in ("a", "a/b/new.txt", "c")]]
        facts += [[accessor.is_file(name) for name in ("a", "a/b/new.txt", "c")]]
        facts += [[accessor.is_container(name) for name in ("a", "a/b/new.txt", "c")]]
        facts += [accessor.get_container("a/b/new.txt"), accessor.prefix == str(studio.folder)]
        facts += [accessor.get_filesystem_path("a/b") == os.path.join(studio.folder, "a", "b")]
        accessor.remove("a/b/new.txt")
        accessor.remove("a/b/plate.0001.exr")
        accessor.remove_container("a/b")
        return [*facts, accessor.list("a")]

    both(run)


def test_errors_are_those_of_the_official_client(both: Both) -> None:
    def run(studio: Studio) -> Any:
        client = studio.client
        accessor = client.accessor.disk.DiskAccessor(prefix=str(studio.folder))
        accessor.make_container("a/b")
        calls = {
            "AccessorResourceNotFoundError": [
                lambda: accessor.list("missing"),
                lambda: accessor.open("missing"),
                lambda: accessor.remove("missing"),
            ],
            "AccessorFilesystemPathError": [lambda: accessor.get_filesystem_path("../outside")],
            "AccessorUnsupportedOperationError": [lambda: accessor.get_url("a")],
            "AccessorError": [lambda: accessor.remove("a")],
        }
        found = [name in raised(client, call) for name, each in calls.items() for call in each]
        with_handler = raised(client, lambda: _open_with_handler(client, studio))
        return found, with_handler

    assert all(both(run)[0])


def _open_with_handler(client: Any, studio: Studio) -> None:
    with client.accessor.disk.error_handler(operation="open", resource_identifier="x"):
        os.stat(studio.folder / "missing")
