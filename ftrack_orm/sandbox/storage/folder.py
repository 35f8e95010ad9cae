"""Edge: the bytes of the embedded server's storage in a folder, which a later server reads again.

`segments` holds the bytes under random names, `files` a JSON description of each complete file. A description is
written after the segments it names and appears at once, so that a process that ends at any time leaves no incomplete
file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from ftrack_orm.errors import SettingsError
from ftrack_orm.files import read_regular_file
from ftrack_orm.wire import json_text

from .stored_file import Segment, StoredFile

#: The largest description that is read; 10,000 parts take about one megabyte.
_MAX_DESCRIPTION_BYTES = 16 * 1024 * 1024


class FolderSegments:
    """Segments as files below a folder, which is created with access for its owner only.

    Raises `SettingsError` when it cannot be created.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._segments = Path(folder) / "segments"
        self._files = Path(folder) / "files"
        try:
            for path in (Path(folder), self._segments, self._files):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or error
            raise SettingsError(f"The storage folder {os.fspath(folder)} cannot be created: {problem}.") from error

    def create(self) -> FolderSegmentWriter:
        """Return a writer of a new segment."""
        return FolderSegmentWriter(self._segments / uuid.uuid4().hex)

    def read(self, segment: str, offset: int, size: int) -> bytes:
        """Return up to *size* bytes of a segment; raises `OSError` when it is gone."""
        with open(self._segments / segment, "rb", buffering=0) as file:
            file.seek(offset)
            return file.read(size)

    def delete(self, segment: str) -> None:
        """Delete a segment, if it exists."""
        (self._segments / segment).unlink(missing_ok=True)

    def save(self, file: StoredFile) -> None:
        """Keep the description of a file; it replaces an earlier one of the same component at once."""
        target = self._description(file.component_id)
        temporary = target.with_name(f"{target.stem}.{uuid.uuid4().hex}.tmp")
        description = {
            "component_id": file.component_id,
            "file_name": file.file_name,
            "content_type": file.content_type,
            "segments": [[segment.name, segment.size, segment.md5] for segment in file.segments],
        }
        try:
            temporary.write_bytes(json_text.dumps(description))
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def forget(self, component_id: str) -> None:
        """Drop the description of a file, if there is one."""
        self._description(component_id).unlink(missing_ok=True)

    def load(self) -> Iterable[StoredFile]:
        """Return the files whose bytes are complete; delete the segments of unfinished uploads."""
        files = [file for path in self._files.glob("*.json") if (file := self._read(path)) is not None]
        used = {segment.name for file in files for segment in file.segments}
        for path in [*self._segments.iterdir(), *self._files.glob("*.tmp")]:
            if path.name not in used:
                path.unlink(missing_ok=True)
        return files

    def _read(self, path: Path) -> StoredFile | None:
        """Return the file that a description states, or None for a damaged one or one without its bytes."""
        try:
            value = json_text.loads(read_regular_file(path, _MAX_DESCRIPTION_BYTES))
            segments = tuple(Segment(str(name), int(size), str(md5)) for name, size, md5 in value["segments"])
            file = StoredFile(value["component_id"], value["file_name"], value["content_type"], segments)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        sizes = [self._size(segment.name) for segment in segments]
        is_complete = sizes == [segment.size for segment in segments] and path == self._description(file.component_id)
        return file if is_complete else None

    def _size(self, segment: str) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            # The name of a segment never leads out of the folder, whatever a damaged description states.
            if Path(segment).name == segment:
                return (self._segments / segment).stat().st_size
        return None

    def _description(self, component_id: str) -> Path:
        # Ids come from clients and may hold any text, so they are no names of files.
        digest = hashlib.sha256(component_id.encode("utf-8", "surrogatepass")).hexdigest()
        return self._files / f"{digest}.json"


class FolderSegmentWriter:
    """Writes the bytes of a segment to its file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0
        self._is_finished = False
        self._file: BinaryIO = open(path, "xb", buffering=0)  # noqa: SIM115  closed by `finish` or `discard`

    def write(self, data: bytes) -> None:
        """Append bytes; raises `OSError` when the disk is full."""
        remaining = memoryview(data)
        while remaining:
            remaining = remaining[self._file.write(remaining) :]
        self._md5.update(data)
        self._size += len(data)

    def finish(self) -> Segment:
        """Return the segment with all bytes written."""
        self._file.close()
        self._is_finished = True
        return Segment(self._path.name, self._size, self._md5.hexdigest())

    def discard(self) -> None:
        """Delete the file."""
        self._file.close()
        if not self._is_finished:
            self._path.unlink(missing_ok=True)
