"""The actions of the storage, and the PUTs and GETs that follow them, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.storage.client import Client, create_component, md5

# -- announcing an upload -----------------------------------------------------------------------------------------


def test_metadata_has_the_headers_of_a_put(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="a clip.mp4", file_size=4, checksum=md5(b"clip"))
    assert sorted(metadata) == ["component_id", "headers", "url"]
    assert metadata["component_id"] == component_id
    assert metadata["headers"] == {
        "Content-Type": "video/mp4",
        "Content-Disposition": "attachment; filename=\"a clip.mp4\"; filename*=UTF-8''a%20clip.mp4",
        "Content-Length": "4",
        "Content-MD5": md5(b"clip"),
    }
    assert client.box.api_key not in metadata["url"]


def test_the_component_supplies_what_a_request_leaves_out(client: Client, component_id: str) -> None:
    operation = {"action": "get_upload_metadata", "component_id": component_id}
    entity = {"__entity_type__": "FileComponent", "id": component_id, "name": "plate", "file_type": ".png", "size": 3}
    _, metadata = client.call({"action": "create", "entity_type": "FileComponent", "entity_data": entity}, operation)
    assert metadata["headers"]["Content-Length"] == "3"
    assert 'filename="plate.png"' in metadata["headers"]["Content-Disposition"]
    assert client.put(metadata["url"], b"1234").status_code == 400
    assert client.put(metadata["url"], b"123").status_code == 200


@pytest.mark.parametrize(
    ("announced", "text"),
    [
        ({"component_id": ""}, "needs 'component_id' as text"),
        ({"component_id": None}, "needs 'component_id' as text"),
        ({"file_name": 5}, "needs 'file_name' as text"),
        ({"file_size": -1}, "file_size must be a number from 0"),
        ({"file_size": "12"}, "file_size must be a number from 0"),
        ({"file_size": True}, "file_size must be a number from 0"),
        ({"checksum": "abc"}, "MD5 in base64"),
        ({"checksum": 5}, "MD5 in base64"),
        ({"parts": 0}, "parts must be a number from 1 to 10000"),
        ({"parts": 10_001}, "parts must be a number from 1 to 10000"),
    ],
)
def test_malformed_announcements_are_refused_by_name(client: Client, announced: dict[str, Any], text: str) -> None:
    assert text in client.refused({"action": "get_upload_metadata", "component_id": "c", **announced})


# -- several parts ------------------------------------------------------------------------------------------------

PARTS = [b"a" * 1000, b"b" * 1000, b"c" * 10]
WHOLE = b"".join(PARTS)


def send_parts(client: Client, metadata: dict[str, Any], parts: list[bytes]) -> list[dict[str, Any]]:
    """Send the parts, the last one first, and return them as a client completes the upload with them."""
    sent = []
    for part, content in reversed(list(zip(metadata["urls"], parts, strict=True))):
        response = client.put(part["signed_url"], content)
        assert response.status_code == 200
        sent.append({"part_number": part["part_number"], "e_tag": response.headers["ETag"].strip('"')})
    return sorted(sent, key=lambda part: part["part_number"])


def completing(metadata: dict[str, Any], parts: Any, **others: Any) -> dict[str, Any]:
    return {
        "action": "complete_multipart_upload",
        "component_id": metadata["component_id"],
        "upload_id": metadata["upload_id"],
        "parts": parts,
        **others,
    }


def test_parts_become_one_file_when_the_upload_is_completed(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="whole.bin", file_size=len(WHOLE), parts=3)
    assert sorted(metadata) == ["component_id", "upload_id", "urls"]
    assert [part["part_number"] for part in metadata["urls"]] == [1, 2, 3]
    parts = send_parts(client, metadata, PARTS)
    assert client.get(component_id).status_code == 404
    (completed,) = client.call(completing(metadata, parts))
    assert completed["action"] == "complete_multipart_upload"
    assert completed["component_id"] == component_id
    assert client.http.get(completed["url"], timeout=10).content == WHOLE
    assert client.get(component_id).content == WHOLE
    assert component_id not in {upload.declared.component_id for upload in client.box.storage.unfinished}


def test_an_upload_can_be_completed_again_after_a_lost_response(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="whole.bin", file_size=len(WHOLE), parts=3)
    parts = send_parts(client, metadata, PARTS)
    first, second = (client.call(completing(metadata, parts))[0] for _ in range(2))
    assert first["component_id"] == second["component_id"]
    assert client.get(component_id).content == WHOLE


def test_a_part_can_be_sent_again(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="whole.bin", file_size=len(WHOLE), parts=3)
    send_parts(client, metadata, [b"x", b"y" * 1000, b"z"])
    client.call(completing(metadata, send_parts(client, metadata, PARTS)))
    assert client.get(component_id).content == WHOLE


def test_ranges_span_parts(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="whole.bin", file_size=len(WHOLE), parts=3)
    client.call(completing(metadata, send_parts(client, metadata, PARTS)))
    received = client.get(component_id, Range="bytes=990-2005")
    assert (received.status_code, received.content) == (206, WHOLE[990:2006])


def test_an_upload_that_is_not_complete_is_refused_and_can_be_continued(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="whole.bin", file_size=len(WHOLE), parts=3)
    assert "Part 1 of 'whole.bin' has not arrived" in client.refused(
        completing(metadata, [{"part_number": 1, "e_tag": "x"}])
    )
    parts = send_parts(client, metadata, PARTS)
    wrong = [{**parts[0], "e_tag": "0" * 32}, *parts[1:]]
    assert "arrived with the tag" in client.refused(completing(metadata, wrong))
    assert "have 1010 bytes, and 2010 were announced" in client.refused(completing(metadata, parts[1:]))
    assert "There is no upload" in client.refused(completing(metadata, parts, component_id="other"))
    assert "There is no upload" in client.refused(completing(metadata, parts, upload_id="other"))
    assert "list of the parts" in client.refused(completing(metadata, []))
    assert "e_tag" in client.refused(completing(metadata, [*parts, parts[0]]))
    assert "e_tag" in client.refused(completing(metadata, ["x"]))
    client.call(completing(metadata, parts))
    assert client.get(component_id).content == WHOLE


def test_the_checksum_of_the_whole_file_is_checked_at_the_end(client: Client, component_id: str) -> None:
    announced = {"file_name": "whole.bin", "file_size": len(WHOLE), "parts": 3, "checksum": md5(WHOLE)}
    metadata = client.metadata(component_id, **announced)
    parts = send_parts(client, metadata, [PARTS[0], PARTS[1], b"d" * 10])
    assert "another MD5" in client.refused(completing(metadata, parts))
    client.call(completing(metadata, send_parts(client, metadata, PARTS)))
    assert client.get(component_id).content == WHOLE


def test_removing_a_component_ends_its_uploads(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="whole.bin", file_size=len(WHOLE), parts=3)
    parts = send_parts(client, metadata, PARTS)
    client.box.storage.remove(component_id)
    assert "There is no upload" in client.refused(completing(metadata, parts))
    response = client.put(metadata["urls"][0]["signed_url"], PARTS[0])
    assert (response.status_code, "unfinished upload" in response.json()["content"]) == (404, True)


# -- signed URLs --------------------------------------------------------------------------------------------------


def test_a_signed_url_needs_no_credentials_and_is_read_under_several_names(client: Client, component_id: str) -> None:
    client.upload(component_id, b"signed", file_name="a.txt")
    operation = {"action": "generate_signed_url", "component_id": component_id, "operation": "get"}
    (reply,) = client.call(operation)
    assert reply["url"] == reply["signed_url"] == reply["data"]["url"] == reply["data"]["signed_url"]
    assert client.http.get(reply["url"], timeout=10).content == b"signed"


def test_a_signed_url_is_refused_for_an_unknown_component_or_operation(client: Client, component_id: str) -> None:
    operation = {"action": "generate_signed_url", "component_id": component_id}
    assert "Could not find entity Component" in client.refused(operation)
    client.upload(component_id, b"signed", file_name="a.txt")
    assert "'get'" in client.refused({**operation, "operation": "delete"})
    assert "signed_url" in client.call(operation)[0]


# -- deleted components -------------------------------------------------------------------------------------------


def deleting(component_id: str) -> dict[str, Any]:
    return {"action": "delete", "entity_type": "FileComponent", "entity_key": [component_id]}


def test_the_file_of_a_deleted_component_is_deleted(client: Client, component_id: str) -> None:
    create_component(client, component_id)
    client.upload(component_id, b"x", file_name="a")
    client.metadata(component_id, file_name="a", file_size=9, parts=3)
    client.call(deleting(component_id))
    assert component_id not in client.box.storage
    assert component_id not in {upload.declared.component_id for upload in client.box.storage.unfinished}


def test_a_refused_deletion_keeps_the_file(client: Client, component_id: str) -> None:
    create_component(client, component_id)
    client.upload(component_id, b"x", file_name="a")
    client.refused(deleting(component_id), {"action": "make_coffee"})
    assert client.get(component_id).content == b"x"


def test_a_file_that_cannot_be_deleted_does_not_fail_the_request(
    client: Client, component_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_component(client, component_id)

    def remove(component_id: str) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(client.box.storage.storage, "remove", remove)
    assert client.call(deleting(component_id))[0]["data"] is True


def test_an_upload_that_is_completed_twice_in_one_request_is_one_file(client: Client, component_id: str) -> None:
    metadata = client.metadata(component_id, file_name="whole.bin", file_size=len(WHOLE), parts=3)
    completion = completing(metadata, send_parts(client, metadata, PARTS))
    client.call(completion, completion)
    assert client.get(component_id).content == WHOLE
