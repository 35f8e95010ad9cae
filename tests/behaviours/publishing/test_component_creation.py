"""Creating components: from files, sequences and several files, in locations on disk and on the server."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.behaviours.conftest import MakeLocation, files_in


def test_a_component_without_a_location_is_recorded_and_not_committed(
    session: Session, version: Entity, plate: Path
) -> None:
    with requests_made(session) == 0:
        component = version.create_component(plate, {"name": "main"})
    assert session.created == [component]
    assert (component.name, component.file_type, component.size) == ("main", ".exr", 21)
    assert component.version is version
    assert session.locations.origin.get_filesystem_path(component) == str(plate)
    session.commit()
    assert existing(session.get("FileComponent", component.id)).version_id == version.id


def test_a_file_that_is_missing_has_no_size_where_nothing_needs_it(session: Session, tmp_path: Path) -> None:
    component = session.create_component(str(tmp_path / "later.mov"), location=None)
    assert component.size == 0
    session.rollback()


def test_the_preferred_location_gets_the_file_in_one_request(
    session: Session, other: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    version.comment = "pending"
    with requests_made(session) == 1:
        component = session.create_component(plate, {"version": version})
    assert session.modified == [version]
    assert session.created == []
    path = main.get_filesystem_path(component)
    assert Path(path).read_bytes() == plate.read_bytes()
    assert files_in(tmp_path / "main") == [os.path.relpath(path, tmp_path / "main")]
    seen = existing(other.get("FileComponent", component.id))
    assert [each.location_id for each in seen.component_locations] == [main.id]


def test_a_sequence_is_created_with_its_members_in_one_request(
    session: Session, version: Entity, frames: str, main: Entity, tmp_path: Path
) -> None:
    with requests_made(session) == 1:
        component = session.create_component(frames, {"version": version, "name": "plate"})
    assert component.__entity_type__ == "SequenceComponent"
    assert (component.padding, component.size, component.file_type) == (4, 78, ".exr")
    members = sorted(component.members, key=lambda member: member.name)
    assert [member.name for member in members] == [f"{number:04d}" for number in range(1, 13)]
    with requests_made(session) == 1:
        paths = main.get_filesystem_paths(members)
    assert [os.path.getsize(path) for path in paths] == list(range(1, 13))
    assert len(files_in(tmp_path / "main")) == 12


def test_a_thousand_frames_are_registered_in_at_most_three_requests_and_found_in_two(
    connect: object, session: Session, version: Entity, main: Entity, make_location: MakeLocation, tmp_path: Path
) -> None:
    folder = tmp_path / "thousand"
    folder.mkdir()
    for number in range(1000):
        (folder / f"f.{number:04d}.exr").touch()
    with requests_made(session) <= 3:
        component = session.create_component(f"{folder}/f.%04d.exr", {"version": version}, location=main)
    assert len(component.members) == 1000
    reader = Session(session.server_url, session.settings.api_key, session.api_user, schema_cache_path=False)
    location = existing(reader.get("Location", main.id))
    sequence = existing(reader.get("SequenceComponent", component.id))
    reader.locations.configure(location, accessor=main.accessor, structure=main.structure)
    with requests_made(reader) <= 2:
        paths = location.get_filesystem_paths(sequence.members)
    assert len(set(paths)) == 1000
    reader.close()


def test_several_files_become_the_members_of_a_container(
    session: Session, version: Entity, plate: Path, frames: str, main: Entity
) -> None:
    with requests_made(session) == 1:
        component = session.create_component({"colour": plate, "depth": frames}, {"version": version, "name": "maps"})
    assert component.__entity_type__ == "ContainerComponent"
    assert sorted((each.name, each.__entity_type__) for each in component.members) == [
        ("colour", "FileComponent"),
        ("depth", "SequenceComponent"),
    ]
    assert component.size == 21 + 78
    assert component.get_availability([main]) == {main.id: 100.0}


def test_members_of_a_container_are_named_like_their_files(session: Session, plate: Path, frames: str) -> None:
    component = session.create_component([str(plate), frames], location=None)
    assert [each.name for each in component.members] == ["plate", "plate"]
    session.rollback()
    with pytest.raises(errors.InvalidValue, match="needs a name"):
        session.create_component([b"bytes"], location=None)


def test_names_of_files_are_composed(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "cafe\u0301.exr"  # as macOS stores it
    path.touch()
    component = session.create_component([path], location=None)
    assert [each.name for each in component.members] == ["caf\u00e9"]
    session.rollback()


@pytest.mark.parametrize("kind", [bytes, io.BytesIO])
def test_bytes_and_streams_become_files(session: Session, version: Entity, main: Entity, kind: type) -> None:
    data = {"version": version, "file_type": ".txt"}
    component = session.create_component(kind(b"some text"), data, location=main)
    assert component.size == 9
    assert Path(main.get_filesystem_path(component)).read_bytes() == b"some text"


def test_many_components_take_as_many_requests_as_one(
    session: Session, version: Entity, main: Entity, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(20)]
    for path in paths:
        path.write_text(path.name)
    with requests_made(session) == 1:
        components = session.create_components([(path, {"version": version, "name": path.stem}) for path in paths])
    assert [Path(path).read_text() for path in main.get_filesystem_paths(components)] == [each.name for each in paths]


def test_an_unmanaged_location_registers_the_path_and_copies_nothing(
    session: Session, version: Entity, plate: Path, frames: str
) -> None:
    unmanaged = session.locations.unmanaged
    component = session.create_component(plate, {"version": version}, location="ftrack.unmanaged")
    assert unmanaged.get_filesystem_path(component) == str(plate)
    assert session.pick_location(component) is unmanaged
    sequence = session.create_component(frames, {"version": version}, location=unmanaged)
    assert unmanaged.get_filesystem_path(sequence) == frames.partition(" [")[0]
    first = min(sequence.members, key=lambda member: member.name)
    assert unmanaged.get_filesystem_path(first).endswith("plate.0001.exr")
    with pytest.raises(errors.ResourceInvalid, match="no path"):
        session.create_component(b"bytes", location=unmanaged)
    unmanaged.remove_component(component)
    assert plate.exists()


def test_components_with_the_names_of_review_media_are_in_the_review_location(
    session: Session, version: Entity, plate: Path, main: Entity
) -> None:
    component = session.create_component(plate, {"version": version, "name": "ftrackreview-mp4"})
    assert component.get_availability([main, "ftrack.review"]) == {main.id: 0.0, session.locations.review.id: 100.0}


def test_an_uncommitted_version_is_an_error_that_says_what_to_do(
    session: Session, production: object, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    new = session.create("AssetVersion", asset=version.asset)
    for data in ({"version": new}, {"version_id": new.id}):
        with pytest.raises(errors.UsageError, match=r"FileComponent.version(_id)? is .*not committed.*Commit it first"):
            session.create_component(plate, data, location=main)
    assert session.created == [new]
    assert files_in(tmp_path / "main") == []
    component = new.create_component(plate)
    assert component.version is new


def test_a_file_that_exists_is_not_overwritten_and_nothing_is_created(
    session: Session, other: Session, version: Entity, frames: str, make_location: MakeLocation, tmp_path: Path
) -> None:
    from ftrack_orm.storage.structures.standard import StandardStructure

    location = make_location("taken", structure=StandardStructure())
    first = session.create_component(frames, {"version": version, "name": "plate"}, location=location)
    path = Path(location.get_filesystem_path(min(first.members, key=lambda each: each.name)))
    location.remove_component(first)
    assert files_in(tmp_path / "taken") == []
    path.write_text("another program's")
    with pytest.raises(errors.ResourceExists, match=path.name):
        session.create_component(frames, {"version": version, "name": "plate"}, location=location)
    assert files_in(tmp_path / "taken") == [path.relative_to(tmp_path / "taken").as_posix()]
    assert path.read_text() == "another program's"
    other.refresh(existing(other.get("AssetVersion", version.id)))
    assert [each.id for each in existing(other.get("AssetVersion", version.id)).components] == [first.id]
    assert session.created == []


def test_a_missing_file_is_an_error_where_it_has_to_be_copied(session: Session, main: Entity, tmp_path: Path) -> None:
    with pytest.raises(errors.ResourceNotFound, match=r"gone\.exr"):
        session.create_component(tmp_path / "gone.exr", location=main)
    with pytest.raises(errors.InvalidValue, match="path, bytes"):
        session.create_component(object(), location=main)  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidValue, match="a mapping"):
        session.create_component(tmp_path / "gone.exr", [("name", "x")])  # type: ignore[arg-type]
    assert session.created == []


def test_a_missing_file_is_logged_where_files_stay_in_place(
    session: Session, version: Entity, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gone.exr"
    component = session.create_component(path, {"version": version, "name": "gone"}, location="ftrack.unmanaged")
    assert component.size == 0
    (record,) = [each for each in caplog.records if each.name == "ftrack_orm.storage"]
    assert str(path) in record.getMessage()


def test_locations_that_cannot_be_used_are_errors(session: Session, plate: Path) -> None:
    location = session.create("Location", name=f"bare {id(plate)}")
    session.commit()
    with pytest.raises(errors.StorageError, match="no accessor on this machine"):
        session.create_component(plate, location=location)
    with pytest.raises(errors.NoResult, match="no location 'nowhere'"):
        session.create_component(plate, location="nowhere")
    with pytest.raises(errors.InvalidValue):
        session.create_component(plate, location=7)  # type: ignore[arg-type]
    assert session.created == []


def test_a_refused_commit_removes_the_files_again(
    session: Session, other: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    other.delete(existing(other.get("AssetVersion", version.id)))
    other.commit()
    with pytest.raises(errors.ServerError):
        session.create_component(plate, {"version": version}, location=main)
    assert files_in(tmp_path / "main") == []
    assert session.created == []


def test_plugins_state_file_types(session: Session, tmp_path: Path) -> None:
    session.event_hub.subscribe(
        "topic=ftrack.api.session.get-file-type-from-string",
        lambda event: ".tar.gz" if event["data"]["file_path"].endswith(".tar.gz") else None,
    )
    assert session.create_component(tmp_path / "a.tar.gz", location=None).file_type == ".tar.gz"
    assert session.create_component(tmp_path / "a.gz", location=None).file_type == ".gz"
    session.rollback()
