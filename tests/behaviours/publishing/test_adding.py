"""Adding components to locations: copies from other locations, in parallel, verified, and removed when one fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.progress import Progress
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.cancellation import Cancellation
from tests.assertions import existing
from tests.behaviours.conftest import MakeLocation, files_in


@pytest.fixture
def archive(make_location: MakeLocation) -> Entity:
    """A second location on disk."""
    return make_location("archive", priority=20)


def test_a_sequence_is_copied_to_another_location_with_three_requests(
    session: Session, other: Session, version: Entity, frames: str, main: Entity, archive: Entity, tmp_path: Path
) -> None:
    sequence = session.create_component(frames, {"version": version}, location=main)
    version.comment = "pending"
    with requests_made(session) <= 3:
        archive.add_component(sequence, main)
    assert session.modified == [version]
    assert files_in(tmp_path / "archive") == files_in(tmp_path / "main")
    assert other.get_component_availability(existing(other.get("Component", sequence.id)), [archive.id]) == {
        archive.id: 100.0
    }


def test_new_components_are_committed_with_their_registration_and_nothing_else(
    session: Session, other: Session, version: Entity, frames: str, main: Entity
) -> None:
    sequence = session.create_component(frames, {"version": version}, location=None)
    scope = session.create("Scope", name=f"pending {sequence.id}")
    main.add_component(sequence, session.locations.origin)
    assert session.created == [scope]
    assert len(existing(other.get("SequenceComponent", sequence.id)).members) == 12
    assert session.pick_location(sequence) is main


def test_new_components_stay_new_when_a_copy_fails(
    session: Session, version: Entity, frames: str, main: Entity, tmp_path: Path
) -> None:
    sequence = session.create_component(frames, {"version": version}, location=None)
    os.remove(tmp_path / "frames" / "plate.0007.exr")
    with pytest.raises(errors.ResourceNotFound, match=r"plate\.0007"):
        main.add_component(sequence, session.locations.origin)
    assert len(session.created) == 13
    assert files_in(tmp_path / "main") == []
    (tmp_path / "frames" / "plate.0007.exr").write_bytes(b"again")
    main.add_component(sequence, session.locations.origin)
    assert session.created == []
    assert main.get_component_availability(sequence) == 100.0


def test_copies_that_are_finished_are_kept_when_asked_for(
    session: Session, version: Entity, main: Entity, archive: Entity, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(6)]
    for path in paths:
        path.write_text(path.name)
    components = session.create_components([(path, {"version": version}) for path in paths], location=main)
    lost = main.get_filesystem_path(components[3])
    os.remove(lost)
    with pytest.raises(errors.ResourceNotFound):
        archive.add_components(components, main)
    assert files_in(tmp_path / "archive") == []
    with pytest.raises(errors.StorageError, match="1 of the components") as raised:
        archive.add_components(components, main, keep_finished=True)
    assert raised.value.component_ids == [components[3].id]  # type: ignore[attr-defined]
    assert archive.get_component_availabilities(components) == [100.0, 100.0, 100.0, 0.0, 100.0, 100.0]
    assert len(files_in(tmp_path / "archive")) == 5


def test_a_component_that_is_there_already_is_an_error_before_anything_is_copied(
    session: Session, version: Entity, plate: Path, main: Entity, archive: Entity, tmp_path: Path
) -> None:
    first, second = session.create_components([(plate, {"version": version})] * 2, location=main)
    archive.add_component(first, main)
    with pytest.raises(errors.ComponentInLocation, match="already") as raised:
        archive.add_components([second, first], main)
    assert (raised.value.component_ids, raised.value.location_id) == ([first.id], archive.id)
    assert len(files_in(tmp_path / "archive")) == 1
    with pytest.raises(errors.ComponentNotInLocation) as missing:
        main.add_component(session.create_component(plate, location=None), archive)
    assert missing.value.location_id == archive.id
    session.rollback()


def test_a_path_can_be_the_source(session: Session, version: Entity, frames: str, plate: Path, main: Entity) -> None:
    file = session.create("FileComponent", name="plate", file_type=".exr", version=version)
    main.add_component(file, plate)
    assert Path(main.get_filesystem_path(file)).read_bytes() == plate.read_bytes()
    sequence = session.create_component(frames, {"version": version}, location=None)
    main.add_component(sequence, frames.partition(" [")[0])
    assert sorted(map(os.path.getsize, main.get_filesystem_paths(sequence.members))) == list(range(1, 13))


def test_the_origin_location_takes_paths_and_makes_no_request(session: Session, version: Entity, plate: Path) -> None:
    component = session.create("FileComponent", name="plate", version=version)
    origin = session.locations.origin
    with requests_made(session) == 0:
        origin.add_component(component, str(plate))
        assert origin.get_filesystem_path(component) == str(plate)
        origin.remove_component(component)
        with pytest.raises(errors.ComponentNotInLocation):
            origin.get_filesystem_path(component)
    session.rollback()


def test_files_are_compared_by_checksums_when_asked_for(
    session: Session, version: Entity, plate: Path, main: Entity, archive: Entity, tmp_path: Path
) -> None:
    class Damaging(DiskAccessor):
        """A disk that stores other bytes than it was given, as many of them."""

        def write(self, resource_identifier: str, source: object, **options: object) -> int:
            written = super().write(resource_identifier, source, **options)  # type: ignore[arg-type]
            Path(self.get_filesystem_path(resource_identifier)).write_bytes(b"?" * written)
            return written

    component = session.create_component(plate, {"version": version}, location=main)
    archive.accessor = Damaging(tmp_path / "archive")
    with pytest.raises(errors.StorageError, match="MD5"):
        archive.add_component(component, main, checksum=True)
    assert files_in(tmp_path / "archive") == []
    archive.accessor = DiskAccessor(tmp_path / "archive")
    archive.add_component(component, main, checksum=True)
    assert Path(archive.get_filesystem_path(component)).read_bytes() == plate.read_bytes()


def test_copies_report_their_progress_and_can_be_cancelled(
    session: Session, version: Entity, frames: str, main: Entity, tmp_path: Path
) -> None:
    reports: list[Progress] = []
    sequence = session.create_component(frames, {"version": version}, location=None)
    cancellation = Cancellation()

    def cancel(progress: Progress) -> None:
        cancellation.cancel()

    with pytest.raises(errors.RequestCancelled):
        main.add_component(sequence, session.locations.origin, progress=cancel, cancellation=cancellation)
    assert files_in(tmp_path / "main") == []
    main.add_component(sequence, session.locations.origin, progress=reports.append)
    assert (reports[-1].bytes_done, reports[-1].files_done, reports[-1].files_total) == (78, 12, 12)


def test_two_files_with_one_place_are_an_error(
    session: Session, version: Entity, plate: Path, make_location: MakeLocation, tmp_path: Path
) -> None:
    class OnePlace:
        def projections(self, entity_type: str) -> str:
            return ""

        def get_resource_identifiers(self, components: list[Entity], contexts: object = None) -> list[str]:
            return ["same.exr"] * len(components)

    location = make_location("one", structure=OnePlace())
    with pytest.raises(errors.ResourceExists, match=r"same\.exr"):
        session.create_components([(plate, {"version": version})] * 2, location=location)
    assert files_in(tmp_path / "one") == []


def test_wrong_arguments_are_errors(session: Session, version: Entity, plate: Path, main: Entity) -> None:
    component = session.create_component(plate, {"version": version}, location=None)
    with pytest.raises(errors.InvalidValue, match="2 sources for 1 components"):
        main.add_components([component], [plate, plate])
    with pytest.raises(errors.InvalidValue, match="A component is needed"):
        main.add_components([version], plate)
    with pytest.raises(errors.InvalidValue, match="list of components"):
        main.add_components(component, plate)
    with pytest.raises(errors.InvalidValue, match="location or a path"):
        main.add_components([component], 7)
    session.rollback()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_a_clear_error(
    session: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    (tmp_path / "main").chmod(0o500)
    with pytest.raises(errors.ResourceAccessDenied):
        session.create_component(plate, {"version": version}, location=main)
    (tmp_path / "main").chmod(0o700)
