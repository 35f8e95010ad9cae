"""The locations of a session: configured in Python, by plugins and by the storage scenario of the server."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm import Event, Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.locations import BUILT_IN_IDS
from ftrack_orm.storage.structures.standard import StandardStructure
from ftrack_orm.storage.transformers import ResourceIdentifierTransformer
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.behaviours.conftest import MakeLocation
from tests.production import Connect

PLUGIN = """
from ftrack_orm.storage.accessors.disk import DiskAccessor

def register(session, folder, name):
    def configure(event):
        location = event["data"]["session"].query("Location").where(name=name).one()
        location.accessor = DiskAccessor(folder)
        location.priority = 3

    session.event_hub.subscribe("topic=ftrack.api.session.configure-location", configure)
"""


@pytest.fixture
def name(session: Session) -> str:
    """The name of a location on the server that no session is configured for."""
    name = f"studio.{uuid.uuid4().hex}"
    session.create("Location", name=name)
    session.commit()
    return name


def test_the_built_in_locations_are_found_by_name_and_id(session: Session) -> None:
    locations = session.locations
    for name, location_id in BUILT_IN_IDS.items():
        assert locations[name] is locations[location_id] is getattr(locations, name.partition(".")[2])
        assert locations[name].name == name
    usable = ["ftrack.unmanaged", "ftrack.origin", "ftrack.review", "ftrack.server"]
    assert [location.name for location in locations] == usable
    assert [location.priority for location in locations] == [90, 100, 110, 150]
    assert locations.connect.accessor is None
    assert "ftrack.server" in locations
    assert locations.server in locations
    for other in ("studio.nowhere", str(uuid.uuid4()), 7, None, session.query("User").first()):
        assert other not in locations


def test_the_built_in_locations_survive_rollback_and_reset(session: Session, plate: Path) -> None:
    component = session.create_component(plate, location=None)
    session.commit()
    server = session.locations.server
    accessor = server.accessor
    session.create("Location", name="never").accessor = DiskAccessor(plate.parent)
    session.rollback()
    session.reset()
    assert session.locations.server.accessor is accessor is not None
    assert session.locations.origin.get_filesystem_path(component) == str(plate)
    assert session.pick_location() is session.locations.unmanaged


def test_a_location_is_configured_by_name_without_a_request(
    session: Session, name: str, plate: Path, tmp_path: Path
) -> None:
    with requests_made(session) == 0:
        session.locations.configure(name, accessor=DiskAccessor(tmp_path), priority=1)
    with requests_made(session) == 1:
        location = existing(session.pick_location())
    assert location.name == name
    with requests_made(session) == 1:
        session.create_component(plate)
    assert session.locations[name] is location
    assert location.structure is not None


def test_a_name_that_the_server_does_not_have_is_left_out(session: Session, tmp_path: Path) -> None:
    session.locations.configure("studio.missing", accessor=DiskAccessor(tmp_path), priority=0)
    assert session.pick_location() is session.locations.unmanaged
    with pytest.raises(errors.NoResult, match=r"no location 'studio\.missing'.*ensure"):
        session.locations["studio.missing"]
    with pytest.raises(errors.NoResult, match=r"'ftrack\.server'"):
        session.locations["ftrack.serve"]
    with pytest.raises(errors.InvalidValue):
        session.locations.configure(7, accessor=None)  # type: ignore[arg-type]


def test_the_parts_of_a_location_are_attributes_that_are_no_edits(
    session: Session, name: str, plate: Path, tmp_path: Path
) -> None:
    class Prefixed(ResourceIdentifierTransformer):
        def encode(self, resource_identifier: str, context: object = None) -> str:
            return f"stored/{resource_identifier}"

        def decode(self, resource_identifier: str, context: object = None) -> str:
            return resource_identifier.removeprefix("stored/")

    location = session.query("Location").where(name=name).one()
    assert (location.accessor, location.structure, location.resource_identifier_transformer) == (None, None, None)
    location.accessor = DiskAccessor(tmp_path)
    with pytest.raises(errors.StorageError, match="no structure"):
        session.create_component(plate, location=location)
    location.structure = session.locations.server.structure
    location.resource_identifier_transformer = Prefixed()
    location.priority = 5
    assert session.modified == []
    component = session.create_component(plate, location=location)
    assert location.get_resource_identifier(component) == component.id
    assert [each.resource_identifier for each in component.component_locations] == [f"stored/{component.id}"]
    assert Path(location.get_filesystem_path(component)).read_bytes() == plate.read_bytes()
    assert location.priority == 5
    with pytest.raises(errors.StorageUnsupported, match="no thumbnails"):
        location.get_thumbnail_url(component)


def test_plugins_configure_locations_before_they_are_first_used(connect: Connect, name: str, tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    session = connect(plugin_paths=tmp_path, plugin_arguments={"folder": tmp_path, "name": name})
    location = existing(session.pick_location())
    assert (location.name, location.priority) == (name, 3)
    location.accessor = None
    session.reset()
    assert existing(session.pick_location()).accessor is not None


def test_adding_and_removing_publishes_events(
    session: Session, version: Entity, frames: str, make_location: MakeLocation
) -> None:
    main = make_location("main")
    events: list[Event] = []
    received = threading.Semaphore(0)

    def receive(event: Event) -> None:
        events.append(event)
        received.release()

    session.event_hub.subscribe("topic=ftrack.location.*", receive)
    session.event_hub.connect()
    sequence = session.create_component(frames, {"version": version}, location=main)
    main.remove_component(sequence)
    for _ in range(2 * 13):
        assert received.acquire(timeout=10)
    ids = {sequence.id, *(member.id for member in sequence.members)}
    for topic in ("ftrack.location.component-added", "ftrack.location.component-removed"):
        data = [event["data"] for event in events if event["topic"] == topic]
        assert {each["component_id"] for each in data} == ids
        assert {each["location_id"] for each in data} == {main.id}


@pytest.fixture
def centralized(tmp_path: Path) -> Iterator[tuple[Sandbox, str]]:
    """A server with a centralized storage, and the id of its location."""
    folder = tmp_path / "central"
    folder.mkdir()
    with Sandbox(seed="empty") as box, Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        location = session.create("Location", name="studio.central")
        session.commit()
        data = {
            "location_id": location.id,
            "location_name": "studio.central",
            "accessor": {"mount_points": {"linux": str(folder), "osx": str(folder), "windows": str(folder)}},
        }
        setting = session.query("Setting").where(name="storage_scenario", group="STORAGE").one()
        setting.value = json.dumps({"scenario": "ftrack.centralized-storage", "data": data})
        session.commit()
        yield box, location.id


def test_the_centralized_storage_of_the_server_is_preferred(
    centralized: tuple[Sandbox, str], plate: Path, tmp_path: Path
) -> None:
    box, location_id = centralized
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        schema = session.query("ProjectSchema").first()
        project = session.create("Project", name="film", full_name="Film", project_schema=schema)
        asset = session.create("Asset", name="Main Plate", parent=session.create("Shot", name="sh010", parent=project))
        version = session.create("AssetVersion", asset=asset)
        session.commit()
        named = session.query("Location").where(name="studio.central").one()
        named.priority = 2
        component = session.create_component(plate, {"version": version, "name": "main"})
        location = existing(session.pick_location(component))
        assert location is named
        assert (location.id, location.priority) == (location_id, 2)
        assert isinstance(location.structure, StandardStructure)
        path = Path(location.get_filesystem_path(component))
        assert path.read_bytes() == plate.read_bytes()
        assert path.is_relative_to(tmp_path / "central" / "film" / "sh010")
