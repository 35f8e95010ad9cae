"""A location in a bucket of a real S3 server: publishing to it, copying from it and to it, failures half-way."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.storage import FsspecAccessor
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.behaviours.conftest import MakeLocation, files_in
from tests.storage.accessors.test_fsspec_files import bucket, s3, s3_url  # noqa: F401  # fixtures


@pytest.fixture
def cloud(make_location: MakeLocation, s3: FsspecAccessor) -> Entity:  # noqa: F811  # the fixture
    location = make_location("cloud", priority=30)
    location.accessor = s3
    return location


def test_a_sequence_travels_between_a_bucket_a_disk_and_the_server(
    session: Session, version: Entity, frames: str, main: Entity, cloud: Entity, tmp_path: Path
) -> None:
    with requests_made(session) == 1:
        sequence = session.create_component(frames, {"version": version}, location=cloud)
    members = sorted(sequence.members, key=lambda member: member.name)
    with urllib.request.urlopen(cloud.get_url(members[4])) as response:
        assert response.read() == b"x" * 5
    main.add_component(sequence, cloud, checksum=True)
    assert [Path(path).stat().st_size for path in main.get_filesystem_paths(members)] == list(range(1, 13))
    server = session.locations.server
    server.add_component(sequence, cloud)
    cloud.remove_component(sequence)
    assert existing(cloud.accessor).list("") == []
    cloud.add_component(sequence, server)
    assert [existing(cloud.accessor).size(each) for each in cloud.get_resource_identifiers(members)] == [*range(1, 13)]
    assert session.pick_location(sequence) is main


def test_a_copy_that_fails_leaves_nothing_in_the_bucket(
    session: Session, version: Entity, frames: str, main: Entity, cloud: Entity, tmp_path: Path
) -> None:
    sequence = session.create_component(frames, {"version": version}, location=main)
    Path(main.get_filesystem_path(max(sequence.members, key=lambda member: member.name))).unlink()
    with pytest.raises(errors.ResourceNotFound):
        cloud.add_component(sequence, main)
    assert existing(cloud.accessor).list("") == []
    assert session.pick_location(sequence) is main
    assert len(files_in(tmp_path / "main")) == 11
