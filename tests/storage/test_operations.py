"""Operations of the storage, and their replies in the forms that servers have."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import ProtocolError
from ftrack_orm.storage.operations import (
    FileInParts,
    WholeFile,
    complete_upload,
    read_signed_url,
    read_upload_metadata,
    signed_url,
    upload_metadata,
)
from ftrack_orm.wire.operations import are_read_only

URL = "http://ftrack.test"


def test_requests_have_only_the_arguments_that_are_given() -> None:
    whole = upload_metadata("c1", "a.exr", 5, parts=None, checksum="abc=")
    assert whole.to_json() == {
        "action": "get_upload_metadata",
        "component_id": "c1",
        "file_name": "a.exr",
        "file_size": 5,
        "checksum": "abc=",
    }
    assert upload_metadata("c1", "a.exr", 5, parts=3, checksum=None).to_json()["parts"] == 3


def test_asking_can_be_repeated_and_completing_cannot() -> None:
    assert are_read_only([upload_metadata("c1", "a", 1, parts=None, checksum=None), signed_url("c1", "get")])
    assert not are_read_only([complete_upload("c1", "u", {1: "a"})])


def test_parts_are_completed_in_their_order() -> None:
    assert complete_upload("c1", "u", {2: "b", 1: "a"}).to_json() == {
        "action": "complete_multipart_upload",
        "component_id": "c1",
        "upload_id": "u",
        "parts": [{"part_number": 1, "e_tag": "a"}, {"part_number": 2, "e_tag": "b"}],
    }


def test_destinations_are_absolute_and_hidden() -> None:
    whole = read_upload_metadata({"url": "/put?signature=s", "headers": {"A": 1}}, parts=1, server_url=URL)
    assert whole == WholeFile(f"{URL}/put?signature=s", {"A": "1"})
    parts = [{"part_number": 1, "signed_url": "http://s3/1"}, {"part_number": 2, "signed_url": "http://s3/2"}]
    in_parts = read_upload_metadata({"upload_id": "u", "urls": parts}, parts=2, server_url=URL)
    assert in_parts == FileInParts("u", {1: "http://s3/1", 2: "http://s3/2"})
    assert "signature" not in repr(whole)
    assert "s3" not in repr(in_parts)


def test_the_recorded_answer_of_a_server_is_read() -> None:
    recorded = {
        "url": "http://ftrack.test/file-url",
        "headers": {"Content-Length": "13", "Content-Type": "application/json"},
        "component_id": "702b7e69-f6ef-4d13-8193-dcbb480f57f5",
    }
    assert isinstance(read_upload_metadata(recorded, parts=1, server_url=URL), WholeFile)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"url": 5},
        {"url": "a", "headers": ["b"]},
        {"upload_id": "u", "urls": []},
        {"upload_id": "u", "urls": [{"part_number": 1}, {"signed_url": "a"}, 5]},
        {"upload_id": "u", "urls": [{"part_number": 1, "signed_url": "a"}, {"part_number": 3, "signed_url": "b"}]},
        {"urls": [{"part_number": 1, "signed_url": "a"}, {"part_number": 2, "signed_url": "b"}]},
    ],
)
def test_other_replies_are_protocol_errors(body: Any) -> None:
    with pytest.raises(ProtocolError, match="get_upload_metadata"):
        read_upload_metadata(body, parts=2, server_url=URL)


@pytest.mark.parametrize(
    "body",
    [
        {"url": "http://s3/a"},
        {"signed_url": "http://s3/a"},
        {"data": {"url": "http://s3/a"}},
        {"action": "generate_signed_url", "data": {"signed_url": "http://s3/a"}},
    ],
)
def test_signed_urls_are_read_by_any_of_their_names(body: Any) -> None:
    assert read_signed_url(body, URL) == "http://s3/a"
    assert read_signed_url({"url": "/a"}, URL) == f"{URL}/a"


@pytest.mark.parametrize("body", [None, {}, {"data": None}, {"data": {"url": ""}}, {"url": 5}])
def test_a_reply_without_a_url_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError, match="generate_signed_url"):
        read_signed_url(body, URL)
