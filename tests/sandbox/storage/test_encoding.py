"""The action `encode_media`, over HTTP, with the media that it makes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.storage import encoders
from tests.sandbox.storage.client import Client
from tests.sandbox.storage.movies import movie
from tests.sandbox.storage.pictures import decoded, encoded, gradient

SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"

_numbers = itertools.count()


class Encoder:
    """Uploads media and lets the sandbox encode them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.version_id = f"version-{next(_numbers)}"
        self.source_id = f"source-{self.version_id}"
        creates = [
            {"__entity_type__": "Asset", "id": f"asset-{self.version_id}", "name": "a"},
            {"__entity_type__": "AssetVersion", "id": self.version_id, "asset_id": f"asset-{self.version_id}"},
            {"__entity_type__": "FileComponent", "id": self.source_id, "name": "clip", "file_type": ".mov"},
        ]
        project = self.query("select id from Project limit 1")
        if not project:
            schema = self.query("select id from ProjectSchema limit 1")[0]["id"]
            creates.insert(
                0, {"__entity_type__": "Project", "id": "project", "name": "film", "project_schema_id": schema}
            )
        creates[-3]["context_id"] = project[0]["id"] if project else "project"
        client.call(
            *({"action": "create", "entity_type": data["__entity_type__"], "entity_data": data} for data in creates)
        )

    def query(self, expression: str) -> list[dict[str, Any]]:
        data: list[dict[str, Any]] = self.client.call({"action": "query", "expression": expression})[0]["data"]
        return data

    def encode(self, content: bytes | None, file_name: str = "clip.mov", **options: Any) -> dict[str, Any]:
        """Encode a file and return the job when it has ended, with its data decoded."""
        if content is not None:
            self.client.box.storage.put(self.source_id, content, file_name)
        operation = {"action": "encode_media", "component_id": self.source_id, "version_id": self.version_id}
        (reply,) = self.client.call({**operation, **options})
        assert reply["job_id"] == reply["id"] == reply["data"]["job_id"] == reply["data"]["id"]
        self.client.box.storage.wait_for_encoding()
        return self.job(reply["job_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        (job,) = self.query(f'select status, data, finished_at, user.username from Job where id is "{job_id}"')
        return {**job, "data": json.loads(job["data"])}

    def component(self, component_id: str) -> dict[str, Any]:
        path = "name, file_type, size, version_id, component_locations.location_id, metadata.key, metadata.value"
        (component,) = self.query(f'select {path} from FileComponent where id is "{component_id}"')
        return component


@pytest.fixture
def encoder(client: Client) -> Encoder:
    return Encoder(client)


def test_a_movie_becomes_an_mp4_and_an_image(encoder: Encoder) -> None:
    job = encoder.encode(movie(66, 46, 10, has_sound=True))
    assert (job["status"], job["user"]["username"]) == ("done", encoder.client.box.api_user)
    assert job["finished_at"] is not None
    assert job["data"]["source_component_id"] == encoder.source_id
    assert job["data"]["keep_original"] is True
    assert [output["format"] for output in job["data"]["output"]] == ["video/mp4", "image/jpeg"]
    mp4, image = (encoder.component(output["component_id"]) for output in job["data"]["output"])
    assert [(each["name"], each["file_type"], each["version_id"]) for each in (mp4, image)] == [
        ("ftrackreview-mp4", ".mp4", encoder.version_id),
        ("ftrackreview-image", ".jpg", encoder.version_id),
    ]
    for component in (mp4, image):
        assert [each["location_id"] for each in component["component_locations"]] == [SERVER_LOCATION]
        assert component["size"] == len(encoder.client.get(component["id"]).content)
    assert [json.loads(each["value"]) for each in mp4["metadata"]] == [
        {"frameIn": 0, "frameOut": 10, "frameRate": 25.0, "width": 66, "height": 46}
    ]
    assert [(each["key"], json.loads(each["value"])) for each in image["metadata"]] == [
        ("ftr_meta", {"format": "image"})
    ]
    response = encoder.client.get(mp4["id"])
    assert response.headers["Content-Type"] == "video/mp4"
    assert decoded(encoder.client.get(image["id"]).content).size == (66, 46)


def test_the_image_becomes_the_thumbnail_of_the_version(encoder: Encoder) -> None:
    image = encoder.encode(movie())["data"]["output"][1]["component_id"]
    (version,) = encoder.query(
        f'select thumbnail_id, thumbnail_url from AssetVersion where id is "{encoder.version_id}"'
    )
    assert version["thumbnail_id"] == image
    thumbnail = encoder.client.http.get(version["thumbnail_url"]["url"], timeout=10)
    assert decoded(thumbnail.content).size == (64, 48)


def test_the_outputs_belong_to_the_job(encoder: Encoder) -> None:
    job = encoder.encode(movie())
    rows = encoder.query(f'select component_id, url from JobComponent where job_id is "{job["id"]}"')
    assert {row["component_id"] for row in rows} == {output["component_id"] for output in job["data"]["output"]}
    assert all(encoder.client.http.get(row["url"]["url"], timeout=10).status_code == 200 for row in rows)


def test_the_encoded_version_is_announced(encoder: Encoder) -> None:
    encoder.encode(movie())
    actions = [
        entity["action"]
        for event in encoder.client.box.events.published
        for entity in event["data"]["entities"]
        if entity["entityId"] == encoder.version_id
    ]
    assert actions == ["add", "encoded"]


def test_an_image_becomes_an_image(encoder: Encoder) -> None:
    job = encoder.encode(encoded(gradient(40, 30, "RGBA")), "still.png", version_id=None)
    assert [output["format"] for output in job["data"]["output"]] == ["image/jpeg"]
    image = encoder.component(job["data"]["output"][0]["component_id"])
    assert image["version_id"] is None
    assert decoded(encoder.client.get(image["id"]).content).format == "JPEG"


def test_the_original_is_deleted_when_asked(encoder: Encoder) -> None:
    assert encoder.encode(movie(), keep_original=False)["status"] == "done"
    assert encoder.query(f'select id from Component where id is "{encoder.source_id}"') == []
    assert encoder.client.get(encoder.source_id).status_code == 404


@pytest.mark.parametrize("keep_original", [True, "auto", None])
def test_the_original_is_kept_otherwise(encoder: Encoder, keep_original: object) -> None:
    assert encoder.encode(encoded(gradient(4, 3)), keep_original=keep_original)["status"] == "done"
    assert encoder.client.get(encoder.source_id).status_code == 200


@pytest.mark.parametrize(
    ("content", "text"), [(None, "no file of the component 'clip'"), (b"text", "'scene.ma' has no picture")]
)
def test_others_are_recorded_as_not_encoded(encoder: Encoder, content: bytes | None, text: str) -> None:
    job = encoder.encode(content, "scene.ma", keep_original=False)
    assert (job["status"], job["data"]["output"]) == ("failed", [])
    assert job["data"]["description"].startswith("Not encoded: ")
    assert text in job["data"]["description"]
    assert job["finished_at"] is not None
    assert [each["id"] for each in encoder.query("select id from Component")].count(encoder.source_id) == 1


def test_movies_need_pyav(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    job = encoder.encode(movie())
    assert (job["status"], job["data"]["output"]) == ("failed", [])
    assert "pip install 'ftrack-orm[media]'" in job["data"]["description"]


def test_damaged_media_leave_a_failed_job_and_no_outputs(encoder: Encoder) -> None:
    content = encoded(gradient(300, 200))
    job = encoder.encode(content[: len(content) // 2], "broken.png", keep_original=False)
    assert (job["status"], job["data"]["output"]) == ("failed", [])
    assert "'broken.png'" in job["data"]["description"]
    assert encoder.query(f'select id from Component where version_id is "{encoder.version_id}"') == []
    assert encoder.client.get(encoder.source_id).status_code == 200


def test_outputs_that_were_deleted_meanwhile_stay_deleted(encoder: Encoder) -> None:
    box = encoder.client.box
    box.storage.put(encoder.source_id, encoded(gradient(4, 3)))
    operation = {"action": "encode_media", "component_id": encoder.source_id, "version_id": encoder.version_id}
    deletes = {"action": "delete", "entity_type": "AssetVersion", "entity_key": [encoder.version_id]}
    (job_id, *_) = (reply["job_id"] for reply in encoder.client.call(operation, deletes)[:1])
    box.storage.wait_for_encoding()
    assert encoder.job(job_id)["status"] == "done"


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ({"component_id": "missing"}, "Could not find entity Component"),
        ({"component_id": None}, "needs 'component_id' as text"),
        ({"version_id": ["x"]}, "needs 'version_id' as text"),
        ({"version_id": "missing"}, "Could not find entity AssetVersion"),
    ],
)
def test_unknown_components_and_versions_are_refused(encoder: Encoder, operation: dict[str, Any], text: str) -> None:
    valid = {"action": "encode_media", "component_id": encoder.source_id, "version_id": None}
    assert text in encoder.client.refused({**valid, **operation})


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Encoder]:
    """An encoder whose sandbox is stopped while it encodes a movie, and started again."""
    box = Sandbox(database=tmp_path / "data.db", storage=tmp_path / "files")
    original = encoders.encode

    def encode(*arguments: Any) -> Any:
        # As if the server were stopped while the first frame is encoded.
        box.storage.storage.is_stopping = True
        return original(*arguments)

    with box:
        encoder = Encoder(Client(box))
        monkeypatch.setattr(encoders, "encode", encode)
        yield encoder


def test_a_job_fails_when_the_server_is_stopped(stopped: Encoder) -> None:
    job = stopped.encode(movie())
    assert (job["status"], job["data"]["description"]) == ("failed", "The server was stopped.")


def test_mp4s_play_in_browsers(tmp_path: Path, encoder: Encoder) -> None:
    job = encoder.encode(movie(64, 48, 12, has_sound=True))
    path = tmp_path / "a.mp4"
    path.write_bytes(encoder.client.get(job["data"]["output"][0]["component_id"]).content)
    with av.open(str(path)) as container:
        (picture,), (sound,) = container.streams.video, container.streams.audio
        assert (picture.codec_context.name, picture.pix_fmt, picture.frames) == ("h264", "yuv420p", 12)
        assert sound.codec_context.name == "aac"
    # The index comes first, so that a player can start before it has received the whole file.
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")
