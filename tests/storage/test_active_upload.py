"""An upload in progress knows its destination and the parts that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.storage.active_upload import ActiveUpload
from ftrack_orm.storage.sources import BytesSource, open_source

URL = "http://ftrack.test"
IN_PARTS = BytesSource(bytes(17 << 20))


def metadata(upload_id: str, parts: int = 3) -> dict[str, Any]:
    urls = [{"part_number": number, "signed_url": f"http://s3/{number}"} for number in range(1, parts + 1)]
    return {"upload_id": upload_id, "urls": urls}


def test_a_small_file_has_a_checksum_and_one_part() -> None:
    upload = ActiveUpload("c1", "a.exr", BytesSource(b"abc"), URL)
    assert upload.operation().to_json()["checksum"] == "kAFQmDzST7DWlj99KOF/cg=="
    upload.accept({"url": "http://s3/a", "headers": {}})
    [part] = upload.missing
    assert upload.add_part(part, "")
    assert upload.completion() is None


def test_parts_are_missing_until_they_have_arrived() -> None:
    upload = ActiveUpload("c1", "a.mov", IN_PARTS, URL)
    assert upload.operation().to_json()["parts"] == 3
    upload.accept(metadata("u"))
    assert not upload.add_part(upload.parts[1], "b")
    assert [part.number for part in upload.missing] == [1, 3]
    assert not upload.add_part(upload.parts[0], "a")
    assert upload.add_part(upload.parts[2], "c")
    completion = upload.completion()
    assert completion is not None
    assert [part["e_tag"] for part in completion.to_json()["parts"]] == ["a", "b", "c"]


@pytest.mark.parametrize(("upload_id", "missing"), [("u", [2, 3]), ("another", [1, 2, 3])])
def test_parts_at_another_destination_are_sent_again(upload_id: str, missing: list[int]) -> None:
    upload = ActiveUpload("c1", "a.mov", IN_PARTS, URL)
    upload.accept(metadata("u"))
    upload.add_part(upload.parts[0], "a")
    upload.is_expired = True
    upload.accept(metadata(upload_id))
    assert not upload.is_expired
    assert [part.number for part in upload.missing] == missing


def test_a_server_may_want_the_file_whole() -> None:
    upload = ActiveUpload("c1", "a.mov", IN_PARTS, URL)
    upload.accept({"url": "http://s3/a", "headers": {}})
    assert [part.size for part in upload.missing] == [17 << 20]


def test_a_state_file_continues_its_own_upload_only(tmp_path: Path) -> None:
    source, state = tmp_path / "a.mov", tmp_path / "a.upload"
    source.write_bytes(bytes(17 << 20))
    first = ActiveUpload("c1", "a.mov", open_source(source), URL, state)
    first.accept(metadata("u"))
    first.add_part(first.parts[1], "b")
    first.close()

    def missing(component_id: str, server_url: str) -> list[int]:
        upload = ActiveUpload(component_id, "a.mov", open_source(source), server_url, state)
        return [part.number for part in upload.missing] if upload.destination else []

    assert missing("c1", URL) == [1, 3]
    assert missing("c2", URL) == []
    assert missing("c1", "http://other.test") == []
    source.write_bytes(bytes(18 << 20))
    assert missing("c1", URL) == []
    first.forget()
    assert not state.exists()
