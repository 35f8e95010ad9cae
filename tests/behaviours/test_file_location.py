"""Locations of other kinds than disks: without paths, with a studio's own parts, used by several threads."""

from __future__ import annotations

import concurrent.futures
import uuid
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.storage.accessors.fsspec_files import FsspecAccessor
from ftrack_orm.storage.structures.ids import IdStructure
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect

from .conftest import MakeLocation, files_in


@pytest.fixture
def bucket(make_location: MakeLocation) -> Entity:
    """A location that has no paths."""
    location = make_location("bucket", priority=50)
    location.accessor = FsspecAccessor(f"memory://{uuid.uuid4().hex}")
    return location


def test_files_travel_between_a_bucket_a_disk_and_the_server(
    session: Session, version: Entity, frames: str, main: Entity, bucket: Entity, tmp_path: Path
) -> None:
    sequence = session.create_component(frames, {"version": version}, location=bucket)
    with pytest.raises(errors.StorageUnsupported):
        bucket.get_filesystem_path(sequence)
    main.add_component(sequence, bucket, checksum=True)
    assert len(files_in(tmp_path / "main")) == 12
    server = session.locations.server
    server.add_component(sequence, bucket)
    bucket.remove_component(sequence)
    assert not any(existing(bucket.accessor).exists(member.id) for member in sequence.members)
    bucket.add_component(sequence, server)
    assert sequence.get_availability([main, bucket, server]) == {main.id: 100.0, bucket.id: 100.0, server.id: 100.0}
    first = min(sequence.members, key=lambda member: member.name)
    assert existing(bucket.accessor).size(bucket.get_resource_identifier(first)) == 1


def test_a_structure_of_the_official_client_will_do(
    session: Session, version: Entity, plate: Path, make_location: MakeLocation
) -> None:
    class Own:
        """Has the one method that structures of the official client have."""

        def get_resource_identifier(self, entity: Any, context: Any = None) -> str:
            return f"own/{entity['name']}{entity['file_type']}"

    location = make_location("own", structure=Own())
    component = session.create_component(plate, {"version": version, "name": "plate"}, location=location)
    assert location.get_resource_identifier(component) == "own/plate.exr"


def test_an_accessor_that_lacks_methods_is_refused_when_it_is_configured(session: Session, bucket: Entity) -> None:
    class Half:
        def open(self) -> None: ...

    with pytest.raises(errors.InvalidValue, match=r"lacks exists, .*, write\. Derive it from"):
        session.locations.configure(bucket, accessor=Half())  # type: ignore[arg-type]
    with pytest.raises(errors.InvalidValue, match="no accessor"):
        bucket.accessor = Half()
    assert isinstance(bucket.accessor, FsspecAccessor)


def test_several_threads_publish_with_one_session(
    session: Session, version: Entity, main: Entity, tmp_path: Path
) -> None:
    version.comment = "pending"

    def publish(number: int) -> Entity:
        path = tmp_path / f"{number}.txt"
        path.write_text(str(number))
        location: Any = main if number % 2 else "ftrack.server"
        return session.create_component(path, {"version": version, "name": str(number)}, location=location)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        components = list(pool.map(publish, range(24)))
    assert session.modified == [version]
    assert session.created == []
    picked = session.pick_locations(components)
    assert [location is main for location in picked] == [bool(number % 2) for number in range(24)]
    for number, (component, location) in enumerate(zip(components, picked, strict=True)):
        accessor, identifier = existing(location).accessor, existing(location).get_resource_identifier(component)
        with accessor.open(identifier) as stream:
            assert stream.read() == str(number).encode()


def test_sessions_that_fetch_nothing_by_themselves_publish_and_find_files(
    connect: Connect, version: Entity, frames: str, main: Entity
) -> None:
    from ftrack_orm.storage.structures.standard import StandardStructure

    strict = connect(fetch="never", n_plus_one="raise")
    strict.locations.configure(main.id, accessor=main.accessor, structure=StandardStructure())
    sequence = strict.create_component(frames, {"version_id": version.id, "name": "plate"}, location=main.id)
    location = existing(strict.pick_location(sequence))
    assert location.get_filesystem_path(sequence).endswith("/comp/v001/plate.%04d.exr")
    assert sequence.get_availability([location]) == {main.id: 100.0}
    location.remove_component(sequence)


def test_versions_that_are_given_by_their_ids_are_loaded_together(
    session: Session, connect: Connect, version: Entity, plate: Path, main: Entity
) -> None:
    from ftrack_orm.storage.structures.standard import StandardStructure

    versions = [session.create("AssetVersion", asset=version.asset) for _ in range(6)]
    session.commit()
    with connect() as fresh:
        fresh.locations.configure(main.id, accessor=main.accessor, structure=StandardStructure())
        with requests_made(fresh) <= 5:
            fresh.create_components([(plate, {"version_id": each.id}) for each in versions], location=main.id)


def test_metadata_of_a_component_is_committed_with_it(
    session: Session, other: Session, version: Entity, plate: Path, main: Entity
) -> None:
    for location in (main, "ftrack.server"):
        data = {"version": version, "metadata": {"colour space": "ACES"}}
        component = session.create_component(plate, data, location=location)
        assert dict(existing(other.get("FileComponent", component.id)).metadata) == {"colour space": "ACES"}


def test_a_component_with_the_id_of_another_one_is_refused(
    session: Session, other: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    main.structure = IdStructure()
    taken = other.create("FileComponent", name="taken")
    other.commit()
    with pytest.raises(errors.ServerError):
        session.create_component(plate, {"version": version, "id": taken.id}, location=main)
    assert files_in(tmp_path / "main") == []
    assert other.query("FileComponent").where(id=taken.id).one().name == "taken"
