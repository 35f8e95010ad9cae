"""State: an upload in progress: its opened source, its destination, and the parts that have arrived."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .chunks import Part, parts_of
from .names import upload_name
from .operations import FileInParts, WholeFile, complete_upload, read_upload_metadata, upload_metadata
from .state_file import StateFile, UploadState

if TYPE_CHECKING:
    from pathlib import Path

    from ftrack_orm.wire.operations import Operation

    from .sources import Source


class ActiveUpload:
    """The upload of *source* as the content of the component *component_id*.

    With a *state_file* that has the state of the same upload, the parts of that are not sent again. Several threads may
    report parts at the same time.
    """

    def __init__(
        self, component_id: str, file_name: str, source: Source, server_url: str, state_file: Path | None = None
    ) -> None:
        self.component_id = component_id
        self.source = source
        self.parts = parts_of(source.size)
        self.destination: WholeFile | FileInParts | None = None
        #: Whether the destination was refused: another one has to be asked for.
        self.is_expired = False
        #: Whether that has happened. It is asked for once.
        self.was_renewed = False
        #: Whether anything was sent.
        self.has_begun = False
        self._file_name = upload_name(file_name, component_id)
        self._server_url = server_url
        self._e_tags: dict[int, str] = {}
        self._lock = threading.Lock()
        self._checksum = source.checksum() if len(self.parts) == 1 else None
        self._state_file = None if state_file is None else StateFile(state_file)
        if self._state_file is not None:
            self._continue_from(self._state_file.read_for(source.name))

    @property
    def name(self) -> str:
        """The name of the source, for errors and progress."""
        return self.source.name

    @property
    def missing(self) -> list[Part]:
        """The parts that have not arrived."""
        with self._lock:
            return [part for part in self.parts if part.number not in self._e_tags]

    @property
    def has_parts(self) -> bool:
        """Whether a part has arrived."""
        return bool(self._e_tags)

    def operation(self) -> Operation:
        """Return the operation that asks for a destination."""
        parts = len(self.parts) if len(self.parts) > 1 else None
        return upload_metadata(
            self.component_id, self._file_name, self.source.size, parts=parts, checksum=self._checksum
        )

    def accept(self, metadata: Any) -> None:
        """Take the destination from the reply to `operation`. Parts that went to another one are sent again."""
        earlier = self.destination
        new = read_upload_metadata(metadata, parts=len(self.parts), server_url=self._server_url)
        if isinstance(new, WholeFile) and len(self.parts) > 1:
            self.parts = [Part(1, 0, self.source.size)]
        is_same = isinstance(new, FileInParts) and isinstance(earlier, FileInParts)
        if not is_same or new.upload_id != earlier.upload_id:  # type: ignore[union-attr]  # both are FileInParts
            self._e_tags = {}
        self.destination, self.is_expired = new, False
        if self._state_file is not None:
            self._state_file.write(self._state())

    def add_part(self, part: Part, e_tag: str) -> bool:
        """Report that *part* has arrived, and return whether it was the last one."""
        with self._lock:
            self._e_tags[part.number] = e_tag
            if self._state_file is not None and isinstance(self.destination, FileInParts):
                self._state_file.add_part(part.number, e_tag)
            return len(self._e_tags) == len(self.parts)

    def completion(self) -> Operation | None:
        """Return the operation that joins the parts, or None for a file that was sent whole."""
        if not isinstance(self.destination, FileInParts):
            return None
        return complete_upload(self.component_id, self.destination.upload_id, self._e_tags)

    def close(self) -> None:
        """Release the source."""
        self.source.close()

    def forget(self) -> None:
        """Remove the state file."""
        if self._state_file is not None:
            self._state_file.remove()

    def _state(self) -> UploadState:
        state = UploadState(self._server_url, self.component_id, self.source.name, self.source.fingerprint())
        if isinstance(self.destination, FileInParts):
            state.upload_id, state.urls = self.destination.upload_id, dict(self.destination.urls)
            state.e_tags = dict(self._e_tags)
        return state

    def _continue_from(self, state: UploadState | None) -> None:
        if state is None or state.component_id != self.component_id or state.upload_id is None:
            return
        if not state.matches(self._server_url, self.source.fingerprint()):
            return
        numbers = {part.number for part in self.parts}
        if set(state.urls) == numbers:
            self.destination = FileInParts(state.upload_id, state.urls)
            self._e_tags = {number: e_tag for number, e_tag in state.e_tags.items() if number in numbers}
            self.has_begun = bool(self._e_tags)
