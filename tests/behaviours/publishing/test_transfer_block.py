"""Files on the server, alone and together with what else is published: two requests, and nothing by halves."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.structures.standard import StandardStructure
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.behaviours.conftest import MakeLocation, files_in
from tests.production import Connect


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture."""
    path = tmp_path / "picture.png"
    Image.new("RGB", (64, 32), "teal").save(path)
    return path


def read(session: Session, component: Entity) -> bytes:
    """Return the bytes of a component on the server."""
    accessor = existing(session.locations.server.accessor)
    with accessor.open(component["id"]) as stream:
        return bytes(stream.read())


def test_a_file_is_uploaded_with_two_requests(session: Session, other: Session, version: Entity, plate: Path) -> None:
    version.comment = "pending"
    with requests_made(session) == 2:
        component = session.create_component(plate, {"version": version, "name": "main"}, location="ftrack.server")
    assert session.modified == [version]
    assert read(other, existing(other.get("FileComponent", component.id))) == plate.read_bytes()
    assert component.get_availability(["ftrack.server"]) == {session.locations.server.id: 100.0}
    assert session.locations.server.get_resource_identifier(component) == component.id
    assert component.id in session.locations.server.get_url(component)
    assert "size=100" in session.locations.server.get_thumbnail_url(component, 100)


def test_the_first_upload_of_a_session_needs_no_other_requests(connect: Connect, version: Entity, plate: Path) -> None:
    with connect() as fresh, requests_made(fresh) == 2:
        fresh.create_component(plate, {"version_id": version.id}, location="ftrack.server")


def test_a_sequence_is_uploaded_with_two_requests(session: Session, version: Entity, frames: str) -> None:
    with requests_made(session) == 2:
        sequence = session.create_component(frames, {"version": version}, location="ftrack.server")
    assert sorted(len(read(session, member)) for member in sequence.members) == list(range(1, 13))


def test_everything_that_a_publish_consists_of_takes_two_requests(
    session: Session,
    other: Session,
    version: Entity,
    plate: Path,
    picture: Path,
    frames: str,
    make_location: MakeLocation,
    tmp_path: Path,
) -> None:
    main = make_location("main", priority=1)
    asset = version.asset
    user = session.query("User").first()
    with requests_made(session) == 2, session.transfer() as block:
        new = session.create("AssetVersion", asset=asset, comment="from the block")
        file = block.component(new, plate, name="main", location=main)
        sequence = block.component(new, frames, {"name": "render"}, location="ftrack.server")
        thumbnail = block.thumbnail(new, picture)
        review = block.review(new, picture)
        new.create_note("ready", author=user)
        with pytest.raises(errors.UsageError, match="after the block"):
            review.job  # noqa: B018
    seen = existing(other.get("AssetVersion", new.id))
    assert seen.comment == "from the block"
    assert {file.id, sequence.id} <= {component.id for component in seen.components}
    assert seen.thumbnail_id in {thumbnail.id, *(output["component_id"] for output in _output(review.job))}
    assert [note.content for note in seen.notes] == ["ready"]
    assert review.job.type == "ftrack_encode" or review.job.id
    assert len(files_in(tmp_path / "main")) == 1
    assert read(other, thumbnail) == picture.read_bytes()


def test_a_structure_that_needs_the_number_of_a_new_version_gets_it(
    session: Session, other: Session, version: Entity, plate: Path, make_location: MakeLocation, tmp_path: Path
) -> None:
    main, asset = make_location("main", priority=1, structure=StandardStructure()), version.asset
    with requests_made(session) == 2, session.transfer() as block:
        new = session.create("AssetVersion", asset=asset)
        asset.name = "renamed"
        component = block.component(new, plate, name="main")
        block.component(new, plate, name="original", location="ftrack.server")
    assert new.version == 2
    assert main.get_filesystem_path(component).endswith("/v002/main.exr")
    assert existing(other.get("Asset", asset.id)).name == "renamed"
    (tmp_path / "main" / main.get_resource_identifier(component)).parent.joinpath("blocked.exr").write_text("taken")
    with pytest.raises(errors.ResourceExists), session.transfer() as block:
        newer = session.create("AssetVersion", asset=asset)
        version.comment = "never"
        session.create("Note", content="never", parent_id=newer.id, parent_type="asset_version")
        block.component(newer, plate, name="main")
        block.component(new, plate, name="blocked")
    assert version.comment != "never"
    assert [each.version for each in other.query("AssetVersion").where(asset_id=asset.id).order_by("version")] == [1, 2]
    assert other.query("Note").where(content="never").all() == []
    assert files_in(tmp_path / "main") == sorted(
        f"{main.get_resource_identifier(component).rpartition('/')[0]}/{name}.exr" for name in ("blocked", "main")
    )


def _output(job: Entity) -> list[dict[str, str]]:
    import json

    data = job["data"]
    return list((json.loads(data) if isinstance(data, str) else data)["output"])


def test_an_empty_block_makes_no_request(session: Session) -> None:
    with requests_made(session) == 0, session.transfer():
        pass


def test_a_block_that_raises_leaves_nothing(
    session: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    version.comment = "pending"
    with pytest.raises(RuntimeError), requests_made(session) == 0, session.transfer() as block:
        block.component(version, plate)
        raise RuntimeError
    assert (session.created, session.modified) == ([], [version])
    assert files_in(tmp_path / "main") == []


def test_a_refused_publish_leaves_nothing(
    session: Session, other: Session, version: Entity, plate: Path, picture: Path, main: Entity, tmp_path: Path
) -> None:
    other.delete(existing(other.get("AssetVersion", version.id)))
    other.commit()
    with pytest.raises(errors.ServerError), session.transfer() as block:
        block.component(version, plate, location=main)
        uploaded = block.component(None, picture, location="ftrack.server")
        block.component(version, picture, location="ftrack.server")
    assert files_in(tmp_path / "main") == []
    assert other.query("FileComponent").where(id=uploaded.id).all() == []
    assert session.created == []


def test_a_failed_upload_deletes_the_component_again(
    session: Session, box: Sandbox, other: Session, version: Entity, tmp_path: Path
) -> None:
    class Broken(io.BytesIO):
        """A stream that cannot be read to its end."""

        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk has failed")

    with pytest.raises(errors.StorageError):
        session.create_component(Broken(b"x" * 100), {"version": version}, location="ftrack.server")
    assert existing(other.get("AssetVersion", version.id)).components == []
    assert session.created == []


def test_thumbnails_are_created_with_two_requests(
    session: Session, other: Session, version: Entity, picture: Path
) -> None:
    version.comment = "pending"
    with requests_made(session) == 2:
        thumbnail = version.create_thumbnail(picture)
    assert (thumbnail.name, version.thumbnail_id) == ("thumbnail", thumbnail.id)
    assert session.modified == [version]
    assert existing(other.get("AssetVersion", version.id)).thumbnail_id == thumbnail.id
    new = session.create("AssetVersion", asset=version.asset)
    with pytest.raises(errors.UsageError, match="not committed"):
        new.create_thumbnail(picture)
    for add in ("component", "thumbnail", "review"):
        with pytest.raises(errors.UsageError, match="not committed"), session.transfer() as block:
            getattr(block, add)(new, picture)
    with pytest.raises(errors.UsageError, match="cannot have a thumbnail"), session.transfer() as block:
        block.thumbnail(thumbnail, picture)
    session.rollback()


def test_media_is_encoded_from_a_file_and_from_a_component(
    session: Session, version: Entity, plate: Path, picture: Path
) -> None:
    with requests_made(session) == 2:
        job = version.encode_media(picture)
    assert job.__entity_type__ == "Job"
    component = session.create_component(picture, {"version": version}, location="ftrack.server")
    with requests_made(session) == 1:
        session.encode_media(component, version_id=version.id)
    with pytest.raises(errors.UsageError, match="not committed"):
        session.encode_media(session.create_component(plate, location=None))
    with pytest.raises(errors.InvalidValue, match="can be encoded"):
        session.encode_media(version)
    with pytest.raises(errors.InvalidValue, match="keep_original"):
        session.encode_media(component, keep_original="maybe")
    session.rollback()


def test_files_are_copied_between_a_disk_and_the_server(
    session: Session, other: Session, version: Entity, frames: str, main: Entity, tmp_path: Path
) -> None:
    server = session.locations.server
    sequence = session.create_component(frames, {"version": version}, location="ftrack.server")
    main.add_component(sequence, server)
    assert len(files_in(tmp_path / "main")) == 12
    server.remove_component(sequence)
    assert server.get_component_availability(sequence) == 0.0
    with pytest.raises(errors.StorageError):
        read(session, sequence.members[0])
    server.add_component(sequence, main)
    assert server.get_component_availability(sequence) == 100.0
    assert sorted(len(read(other, member)) for member in sequence.members) == list(range(1, 13))
