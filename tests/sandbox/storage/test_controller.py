"""`box.storage`: the files of a sandbox for tests. `test_transfers.py` tests its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_orm.sandbox import Sandbox
from tests.sandbox.storage.client import Client


def test_it_is_a_mapping_of_component_ids_to_bytes() -> None:
    storage = Sandbox().storage
    storage.put("c", b"bytes", "name.txt")
    assert dict(storage) == {"c": b"bytes"}
    assert (len(storage), "c" in storage, "d" in storage) == (1, True, False)
    assert storage.file_name("c") == "name.txt"
    assert repr(storage) == "<StorageController 1 files>"
    assert storage.remove("c")
    assert not storage.remove("c")
    with pytest.raises(KeyError):
        storage["c"]
    with pytest.raises(KeyError):
        storage.file_name("c")


def test_a_sandbox_that_is_not_started_has_nothing_to_release() -> None:
    storage = Sandbox().storage
    storage.fail("stall")
    storage.clear_faults()
    assert storage.faults_due == 0


def test_files_in_a_folder_outlive_the_sandbox(tmp_path: Path) -> None:
    Sandbox(storage=tmp_path / "files").storage.put("c", b"bytes")
    assert Sandbox(storage=tmp_path / "files").storage["c"] == b"bytes"
    assert "c" not in Sandbox(storage=tmp_path / "others").storage


def test_a_sandbox_that_is_started_again_has_its_files() -> None:
    box = Sandbox()
    with box:
        assert Client(box).upload("c", b"bytes", file_name="a").status_code == 200
    with box:
        client = Client(box)
        assert client.get("c").content == b"bytes"
        assert client.upload("d", b"more", file_name="a").status_code == 200
