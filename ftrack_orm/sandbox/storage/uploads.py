"""State: uploads in several parts, from `get_upload_metadata` to `complete_multipart_upload`.

Parts arrive in any order and several at a time. Completing an upload copies no bytes: the parts become the segments of
the file.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
from cachetools import LRUCache

from ftrack_orm.sandbox import server_errors

from .file_store import PIECE_BYTES
from .stored_file import Segment, StoredFile

if TYPE_CHECKING:
    from .file_store import FileStore

#: Completed uploads that can be completed again, after a lost response; older ones are forgotten.
COMPLETED_KEPT = 1_000


@attrs.frozen
class Declared:
    """The properties of a file that its client states before it sends the bytes; None where they are not stated.

    *md5* is in hexadecimal digits.
    """

    component_id: str
    file_name: str
    content_type: str
    size: int | None = None
    md5: str | None = None


@attrs.define
class UnfinishedUpload:
    """An upload in several parts and the parts that have arrived, by number."""

    upload_id: str
    declared: Declared
    part_count: int
    parts: dict[int, Segment] = attrs.field(factory=dict)


class Uploads:
    """The unfinished uploads. Every method may be called by any thread."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._unfinished: dict[str, UnfinishedUpload] = {}
        #: Upload id -> the component and the tags of a completed upload: completing it again has no effect.
        self._completed: LRUCache[str, tuple[str, dict[int, str]]] = LRUCache(COMPLETED_KEPT)

    @property
    def unfinished(self) -> tuple[UnfinishedUpload, ...]:
        """The uploads that are not completed, oldest first."""
        with self._lock:
            return tuple(self._unfinished.values())

    def start(self, declared: Declared, part_count: int) -> UnfinishedUpload:
        """Return a new upload in that many parts."""
        upload = UnfinishedUpload(uuid.uuid4().hex, declared, part_count)
        with self._lock:
            self._unfinished[upload.upload_id] = upload
        return upload

    def add_part(self, upload_id: str, number: int, segment: Segment) -> bool:
        """Add the bytes of a part, instead of those that were sent before, and return whether the upload exists."""
        with self._lock:
            upload = self._unfinished.get(upload_id)
            replaced = None
            if upload is not None:
                replaced = upload.parts.get(number)
                upload.parts[number] = segment
        if replaced is not None:
            self._files.delete_segments([replaced])
        return upload is not None

    def complete(self, component_id: str, upload_id: str, tags: Mapping[int, str]) -> None:
        """Make the parts the file of the component. *tags* holds the entity tags without quotes by part number.

        Raises the server's validation error, and changes nothing, for an unknown upload, a part that has not arrived or
        arrived with another tag, and a file of another size or checksum than stated. A completed upload can be
        completed again with the same tags.
        """
        with self._lock:  # a part that arrives now must not replace one that is used
            if self._completed.get(upload_id) == (component_id, dict(tags)):
                return
            upload = self._unfinished.get(upload_id)
            if upload is None or upload.declared.component_id != component_id:
                raise server_errors.validation_error(
                    f"There is no upload {upload_id!r} of the component {component_id!r}."
                )
            file = self._assemble(upload, tags)
            self._files.put(file)
            del self._unfinished[upload_id]
            self._completed[upload_id] = component_id, dict(tags)
        self._files.delete_segments([segment for segment in upload.parts.values() if segment not in file.segments])

    def _assemble(self, upload: UnfinishedUpload, tags: Mapping[int, str]) -> StoredFile:
        """Return the file that the parts with these tags make; raises the server's validation error."""
        declared = upload.declared
        segments = [_part(upload, number, tags[number]) for number in sorted(tags)]
        file = StoredFile(declared.component_id, declared.file_name, declared.content_type, tuple(segments))
        if declared.size is not None and file.size != declared.size:
            raise server_errors.validation_error(
                f"The parts of {declared.file_name!r} have {file.size} bytes, and {declared.size} were announced."
            )
        if declared.md5 is not None and self._md5(file) != declared.md5:
            raise server_errors.validation_error(
                f"The parts of {declared.file_name!r} have another MD5 than was announced: send the file again."
            )
        return file

    def abort(self, component_id: str) -> None:
        """Drop the unfinished uploads of a component and the parts that have arrived."""
        with self._lock:
            ids = [each.upload_id for each in self._unfinished.values() if each.declared.component_id == component_id]
            uploads = [self._unfinished.pop(upload_id) for upload_id in ids]
        for upload in uploads:
            self._files.delete_segments(list(upload.parts.values()))

    def _md5(self, file: StoredFile) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for piece in file.pieces(0, file.size, PIECE_BYTES):
            digest.update(self._files.read(*piece))
        return digest.hexdigest()


def tags_of(parts: Sequence[Mapping[str, object]]) -> dict[int, str]:
    """Return the entity tags by part number from a request; raises a validation error for a malformed list."""
    tags: dict[int, str] = {}
    for part in parts:
        number, tag = (part.get("part_number"), part.get("e_tag")) if isinstance(part, Mapping) else (None, None)
        if type(number) is not int or not isinstance(tag, str) or number in tags:
            raise server_errors.validation_error(
                f"Each part must have a part_number of its own and the e_tag it was answered with, not {part!r:.200}."
            )
        tags[number] = tag.strip('"')
    return tags


def _part(upload: UnfinishedUpload, number: int, tag: str) -> Segment:
    segment = upload.parts.get(number)
    if segment is None:
        raise server_errors.validation_error(
            f"Part {number} of {upload.declared.file_name!r} has not arrived: send it again."
        )
    if segment.md5 != tag:
        raise server_errors.validation_error(
            f"Part {number} of {upload.declared.file_name!r} arrived with the tag {segment.md5!r}, not {tag!r}."
        )
    return segment
