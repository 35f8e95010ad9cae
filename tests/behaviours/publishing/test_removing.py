"""Removing components from locations: in one commit, the files after their registrations."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.testing import requests_made
from tests.behaviours.conftest import files_in


def test_components_are_removed_with_their_members_in_one_commit(
    session: Session, version: Entity, plate: Path, frames: str, main: Entity, tmp_path: Path
) -> None:
    file = session.create_component(plate, {"version": version}, location=main)
    sequence = session.create_component(frames, {"version": version}, location=main)
    version.comment = "pending"
    with requests_made(session) <= 3:
        main.remove_components([file, sequence])
    assert session.modified == [version]
    assert files_in(tmp_path / "main") == []
    assert session.pick_locations([file, sequence]) == [None, None]
    main.add_components([file], [plate])
    assert files_in(tmp_path / "main") != []


def test_a_component_that_is_not_there_is_an_error_before_anything_is_removed(
    session: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    there = session.create_component(plate, {"version": version}, location=main)
    elsewhere = session.create_component(plate, {"version": version}, location="ftrack.unmanaged")
    with pytest.raises(errors.ComponentNotInLocation) as raised:
        main.remove_components([there, elsewhere])
    assert raised.value.component_ids == [elsewhere.id]
    assert len(files_in(tmp_path / "main")) == 1


def test_files_that_are_gone_or_cannot_be_removed(
    session: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path
) -> None:
    class Locked(DiskAccessor):
        def remove(self, resource_identifier: str) -> None:
            raise errors.ResourceAccessDenied("the disk is read-only")

    gone, locked = session.create_components([(plate, {"version": version})] * 2, location=main)
    os.remove(main.get_filesystem_path(gone))
    main.remove_component(gone)
    main.accessor = Locked(tmp_path / "main")
    with pytest.raises(errors.StorageError, match=r"removed from .*read-only"):
        main.remove_component(locked)
    assert session.pick_location(locked) is None
