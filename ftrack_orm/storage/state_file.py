"""Edge: the state of an upload in a file, with which another process can continue it.

The first row is a JSON object about the upload. Each further row is one about a part that has arrived, so that a large
upload does not rewrite the file for each part. A last row that is incomplete is ignored. The file contains signed URLs,
which are credentials: only its owner can read it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ftrack_orm.errors import StorageError
from ftrack_orm.files import read_regular_file

from .atomic_files import AtomicFile
from .system_errors import storage_error, storage_errors

_FORMAT = "ftrack_orm upload 1"
#: The largest file that is read: 10,000 parts with long URLs.
MAX_BYTES = 64 << 20


@attrs.define
class UploadState:
    """The state of an upload: where its parts are sent, and the ETags of those that have arrived.

    *source* is the fingerprint of its source, and *source_name* the name of it for errors.
    """

    server_url: str
    component_id: str
    source_name: str
    source: Mapping[str, Any]
    upload_id: str | None = attrs.field(default=None, repr=False)
    urls: dict[int, str] = attrs.field(factory=dict, repr=False)
    e_tags: dict[int, str] = attrs.field(factory=dict)

    def matches(self, server_url: str, source: Mapping[str, Any]) -> bool:
        """Return whether this is the state of an upload of that source to that server."""
        return self.server_url == server_url and dict(self.source) == dict(source)


class StateFile:
    """The file at *path*. Raises `StorageError` if it cannot be read or written, or is something else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._name = str(path)

    def read_for(self, source_name: str) -> UploadState | None:
        """Return the state in the file, or None without a file. Raises `StorageError` for that of another source."""
        state = self.read()
        if state is not None and state.source_name != source_name:
            raise StorageError(
                f"{self._name} is the state of the upload of {state.source_name}. Name another state file "
                f"for {source_name}, or remove this one if that upload was given up.",
                path=self._name,
            )
        return state

    def read(self) -> UploadState | None:
        """Return the state in the file, or None if there is no file."""
        try:
            content = read_regular_file(self.path, MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_error(error, "read", self._name) from error
        first, *rows = content.split(b"\n")
        state = self._state_in(first)
        for row in rows:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                part = json.loads(row)
                state.e_tags[int(part["part"])] = str(part["e_tag"])
        return state

    def write(self, state: UploadState) -> None:
        """Write *state*, in place of one of an earlier attempt of the same upload."""
        body = {"format": _FORMAT, **attrs.asdict(state)}
        e_tags = body.pop("e_tags")
        rows = [body, *({"part": number, "e_tag": e_tag} for number, e_tag in e_tags.items())]
        with AtomicFile(self.path, overwrite=True) as file:
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), 0o600)
            file.write("".join(f"{json.dumps(row)}\n" for row in rows).encode())

    def add_part(self, number: int, e_tag: str) -> None:
        """Add a part that has arrived."""
        with storage_errors("write", self._name), open(self.path, "a", encoding="utf-8") as file:
            file.write(f"{json.dumps({'part': number, 'e_tag': e_tag})}\n")

    def remove(self) -> None:
        """Remove the file, if there is one."""
        with storage_errors("remove", self._name):
            self.path.unlink(missing_ok=True)

    def _state_in(self, row: bytes) -> UploadState:
        try:
            body = json.loads(row)
            if body.pop("format") != _FORMAT:
                raise ValueError("another format")
            urls = {int(number): str(url) for number, url in body.pop("urls").items()}
            return UploadState(urls=urls, **body)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise StorageError(
                f"{self._name} is not the state of an upload, and was left as it is. Name another file, or "
                "remove this one.",
                path=self._name,
            ) from error
