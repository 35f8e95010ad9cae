"""A disk that fails under the storage: clients get an error, nothing is half-stored, and earlier files stay."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from ftrack_orm.sandbox import Sandbox
from tests.sandbox.storage.client import Client
from tests.sandbox.storage.pictures import encoded, gradient


@pytest.fixture
def disk_client(tmp_path: Path) -> Iterator[Client]:
    """A client of a sandbox that keeps its files in `tmp_path`."""
    with Sandbox(storage=tmp_path) as box:
        yield Client(box)


def check_refused(response: requests.Response) -> None:
    assert (response.status_code, "cannot be read or written" in response.json()["content"]) == (500, True)


def test_bytes_that_cannot_be_written_are_refused(disk_client: Client, tmp_path: Path) -> None:
    (tmp_path / "segments").rmdir()
    check_refused(disk_client.upload("c", b"x", file_name="a.bin"))
    assert "c" not in disk_client.box.storage


def test_a_file_that_cannot_be_described_leaves_no_bytes(disk_client: Client, tmp_path: Path) -> None:
    (tmp_path / "files").rmdir()
    check_refused(disk_client.upload("c", b"x", file_name="a.bin"))
    assert "c" not in disk_client.box.storage
    assert list((tmp_path / "segments").iterdir()) == []


def test_an_upload_can_be_completed_when_the_disk_works_again(disk_client: Client, tmp_path: Path) -> None:
    metadata = disk_client.metadata("c", file_name="a", file_size=4, parts=2)
    tags = [disk_client.put(part["signed_url"], b"12").headers["ETag"] for part in metadata["urls"]]
    completion = {
        "action": "complete_multipart_upload",
        "component_id": "c",
        "upload_id": metadata["upload_id"],
        "parts": [{"part_number": number, "e_tag": tag} for number, tag in enumerate(tags, 1)],
    }
    (tmp_path / "files").rmdir()
    assert "No such file" in disk_client.refused(completion)
    (tmp_path / "files").mkdir()
    disk_client.call(completion)
    assert disk_client.get("c").content == b"1212"


def test_a_download_of_lost_bytes_ends_early(disk_client: Client, tmp_path: Path) -> None:
    disk_client.upload("c", b"content", file_name="a.bin")
    for path in (tmp_path / "segments").iterdir():
        path.write_bytes(b"con")
    with pytest.raises(requests.exceptions.RequestException):
        disk_client.get("c")
    shutil.rmtree(tmp_path / "segments")
    with pytest.raises(requests.exceptions.RequestException):
        disk_client.get("c")


def test_a_thumbnail_of_lost_bytes_is_refused(disk_client: Client, tmp_path: Path) -> None:
    disk_client.upload("c", encoded(gradient(20, 10)), file_name="a.png")
    shutil.rmtree(tmp_path / "segments")
    address = f"{disk_client.box.url}/component/thumbnail"
    response = disk_client.http.get(address, params={"id": "c", **disk_client.query_credentials}, timeout=10)
    assert response.status_code == 404


def test_a_file_that_cannot_be_removed_is_an_error(
    disk_client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_client.upload("c", b"content", file_name="a.bin")

    def remove(component_id: str) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk_client.box.storage.storage, "remove", remove)
    address = f"{disk_client.box.url}/component/remove"
    check_refused(disk_client.http.get(address, params={"id": "c", **disk_client.query_credentials}, timeout=10))
    assert disk_client.get("c").content == b"content"
