"""Random steps on a storage in a folder: its files are those of a model, and no bytes are left over."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ftrack_orm.errors import ServerValidationError
from ftrack_orm.sandbox.storage.folder import FolderSegments
from ftrack_orm.sandbox.storage.storage import Storage
from ftrack_orm.sandbox.storage.stored_file import StoredFile
from ftrack_orm.sandbox.storage.uploads import Declared, UnfinishedUpload
from tests.property_settings import examples
from tests.sandbox.storage.client import Clock

COMPONENTS = st.sampled_from(["a", "b/../c", "ü"])
CONTENT = st.binary(max_size=5)


class StorageMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.storage = Storage(Clock(), FolderSegments(self.folder.name))
        self.model: dict[str, bytes] = {}
        self.uploads: list[tuple[UnfinishedUpload, dict[int, bytes]]] = []
        self.disk_is_full = False

    def teardown(self) -> None:
        self.folder.cleanup()

    def attempt(self, step: Callable[[], Any]) -> bool:
        """Do a step, which fails if the disk is full, and return whether it was done."""
        if not self.disk_is_full:
            step()
            return True
        segments = self.storage.files._segments

        def save(file: StoredFile) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        segments.save = save  # type: ignore[method-assign]
        try:
            step()
        except OSError:
            return False
        finally:
            del segments.save
        return True

    @rule(is_full=st.booleans())
    def fill_disk(self, is_full: bool) -> None:
        self.disk_is_full = is_full

    @rule(component_id=COMPONENTS, content=CONTENT)
    def put(self, component_id: str, content: bytes) -> None:
        writer = self.storage.files.create()
        writer.write(content)
        segment = writer.finish()
        if self.attempt(lambda: self.storage.files.put(StoredFile(component_id, "n", "t", (segment,)))):
            self.model[component_id] = content
        else:
            self.storage.files.delete_segments([segment])

    @rule(component_id=COMPONENTS, content=CONTENT)
    def begin_and_discard(self, component_id: str, content: bytes) -> None:
        writer = self.storage.files.create()
        writer.write(content)
        writer.discard()

    @rule(component_id=COMPONENTS)
    def remove(self, component_id: str) -> None:
        assert self.storage.remove(component_id) is (self.model.pop(component_id, None) is not None)
        self.uploads = [each for each in self.uploads if each[0].declared.component_id != component_id]

    @rule(component_id=COMPONENTS, size=st.none() | st.integers(0, 6))
    def start(self, component_id: str, size: int | None) -> None:
        self.uploads.append((self.storage.uploads.start(Declared(component_id, "n", "t", size), 3), {}))

    @precondition(lambda self: self.uploads)
    @rule(data=st.data(), number=st.integers(1, 3), content=CONTENT)
    def send_part(self, data: st.DataObject, number: int, content: bytes) -> None:
        upload, parts = data.draw(st.sampled_from(self.uploads))
        writer = self.storage.files.create()
        writer.write(content)
        assert self.storage.uploads.add_part(upload.upload_id, number, writer.finish())
        parts[number] = content

    @precondition(lambda self: self.uploads)
    @rule(data=st.data(), numbers=st.sets(st.integers(1, 3)))
    def complete(self, data: st.DataObject, numbers: set[int]) -> None:
        upload, parts = data.draw(st.sampled_from(self.uploads))
        declared = upload.declared
        tags = {number: upload.parts[number].md5 if number in parts else "none" for number in numbers}
        content = b"".join(parts.get(number, b"") for number in sorted(numbers))
        is_valid = numbers <= parts.keys() and declared.size in (None, len(content))
        complete = self.storage.uploads.complete
        try:
            is_done = self.attempt(lambda: complete(declared.component_id, upload.upload_id, tags))
        except ServerValidationError:
            assert not is_valid
            return
        assert is_valid
        if is_done:
            self.model[declared.component_id] = content
            self.uploads.remove((upload, parts))
            complete(declared.component_id, upload.upload_id, tags)  # has no effect

    @rule()
    def reopen(self) -> None:
        self.storage = Storage(Clock(), FolderSegments(self.folder.name))
        self.uploads = []

    @invariant()
    def the_files_are_those_of_the_model(self) -> None:
        if hasattr(self, "storage"):
            files = self.storage.files
            assert {file.component_id: files.content(file) for file in files} == self.model

    @invariant()
    def no_bytes_are_left_over(self) -> None:
        if hasattr(self, "storage"):
            names = {segment.name for file in self.storage.files for segment in file.segments}
            names |= {segment.name for upload, _ in self.uploads for segment in upload.parts.values()}
            assert {path.name for path in (Path(self.folder.name) / "segments").iterdir()} == names
            assert len(list((Path(self.folder.name) / "files").iterdir())) == len(self.model)


TestStorage = StorageMachine.TestCase
TestStorage.settings = settings(max_examples=examples(20, 200), stateful_step_count=30, deadline=None)
