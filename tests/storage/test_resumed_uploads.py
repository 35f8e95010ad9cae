"""An upload whose process was killed is continued by another one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm import Session
from ftrack_orm.errors import StorageError
from ftrack_orm.sandbox import Sandbox

from .contents import content_of

#: Four parts.
CONTENT = content_of(3 * (8 << 20) + 1)

_UPLOAD = """
import sys
from ftrack_orm import Session
from ftrack_orm.storage import transfers

transfers.MAX_PARALLEL = 1  # so that a part is sent when those before it are in the state file
url, key, user, path, state = sys.argv[1:]
with Session(url, key, user, schema_cache_path=False) as session:
    session.create_component(path, {"name": "plate"}, "ftrack.server", state_file=state)
"""


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def test_the_missing_parts_are_sent_by_another_process(box: Sandbox, tmp_path: Path) -> None:
    path, state = tmp_path / "plate.mov", tmp_path / "plate.upload"
    path.write_bytes(CONTENT)
    box.storage.fail("stall", method="PUT", part=3, after=1000)
    arguments = [box.url, box.api_key, box.api_user, str(path), str(state)]
    process = subprocess.Popen([sys.executable, "-c", _UPLOAD, *arguments])
    try:
        box.storage.wait_for(lambda storage: storage.stalled == 1, 60)
    finally:
        process.kill()
        process.wait()
    box.storage.clear_faults()
    box.storage.wait_for(lambda storage: storage.in_progress == 0)
    box.storage.clear_requests()

    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        component = session.create_component(path, {"name": "plate"}, "ftrack.server", state_file=state)
        assert sorted(request.part for request in box.storage.requests) == [3, 4]
        assert box.storage[component.id] == CONTENT
        assert session.query("FileComponent").count() == 1
        assert session.query("ComponentLocation").where(component_id=component.id).count() == 1
    assert not state.exists()
    assert box.storage.unfinished == ()


def test_expired_urls_of_a_state_file_are_requested_again(box: Sandbox, tmp_path: Path) -> None:
    path, state = tmp_path / "plate.mov", tmp_path / "plate.upload"
    path.write_bytes(CONTENT)
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False, retries=0) as session:
        box.storage.fail("status", method="PUT", part=4)
        with pytest.raises(StorageError, match="500"):
            session.create_component(path, {"name": "plate"}, "ftrack.server", state_file=state)
        box.storage.expire_urls()
        component = session.create_component(path, {"name": "plate"}, "ftrack.server", state_file=state)
        assert box.storage[component.id] == CONTENT
        assert session.query("FileComponent").count() == 1


def test_a_small_file_is_sent_again_for_the_same_component(box: Sandbox, tmp_path: Path) -> None:
    path, state = tmp_path / "note.txt", tmp_path / "note.upload"
    path.write_bytes(b"text")
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False, retries=0) as session:
        box.storage.fail("status", method="PUT")
        with pytest.raises(StorageError, match="500"):
            session.create_component(path, {"name": "note"}, "ftrack.server", state_file=state)
        assert state.exists()
        component = session.create_component(path, {"name": "note"}, "ftrack.server", state_file=state)
        assert box.storage[component.id] == b"text"
        assert session.query("FileComponent").count() == 1
    assert not state.exists()
