"""The official Python client and this library read the files that the other has sent, and the entities about them.

Both are sessions of the same embedded server. Each pair of tests goes in both directions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import ftrack_api
import ftrack_api.accessor.disk
import ftrack_api.structure.standard
import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage import REVIEW_LOCATION_ID, SERVER_LOCATION_ID, DiskAccessor, StandardStructure
from tests.assertions import existing
from tests.fakes.official_client import official_session
from tests.interop.files import fetch, generated_bytes, image_size, picture
from tests.production import Production
from tests.sandbox.storage.movies import movie


@pytest.fixture(scope="module")
def official(box: Sandbox) -> Iterator[Any]:
    session = official_session(box)
    yield session
    session.close()


@pytest.fixture(autouse=True)
def nothing_pending(official: Any) -> Iterator[None]:
    """A failed test leaves nothing to commit in the session that tests share."""
    yield
    official.rollback()


@pytest.fixture
def version(session: Session, production: Production) -> str:
    """The id of a committed version of an asset of the first shot."""
    shot = existing(session.get("Shot", production.shots[0]))
    asset_type = existing(session.query("AssetType").first())
    asset = session.create("Asset", name="Plate No. 1", type=asset_type, parent=shot)
    version = session.create("AssetVersion", asset=asset, task_id=production.tasks[0])
    session.commit()
    return str(version.id)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """A file of 1.5 MB."""
    path = tmp_path / "source" / "plate.exr"
    path.parent.mkdir()
    path.write_bytes(generated_bytes(1_500_000))
    return path


@pytest.fixture
def frames(tmp_path: Path) -> str:
    """A sequence of three frames, as both clients name it."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in (1, 2, 4):
        (folder / f"plate.{number:04d}.exr").write_bytes(generated_bytes(1000 + number))
    return f"{folder}/plate.%04d.exr [1-2, 4]"


def read_officially(official: Any, component_id: str) -> bytes:
    """Return the bytes of a component in the server's location, through the accessor of the official client."""
    content: bytes = official.get("Location", SERVER_LOCATION_ID).accessor.open(component_id).read()
    return content


# -- the server's location ---------------------------------------------------------------------------------------------


def test_a_component_uploaded_by_the_official_client_is_read_here(
    official: Any, session: Session, version: str, plate: Path, tmp_path: Path
) -> None:
    location = official.get("Location", SERVER_LOCATION_ID)
    created = official.get("AssetVersion", version).create_component(str(plate), {"name": "main"}, location=location)
    official.commit()
    component = existing(session.get("FileComponent", created["id"]))
    assert (component.name, component.file_type, component.size) == ("main", ".exr", 1_500_000)
    assert component.version.id == version
    server = existing(session.get("Location", SERVER_LOCATION_ID))
    assert server.get_resource_identifier(component) == location.get_resource_identifier(created) == component.id
    availability = existing(official.get_component_availability(created))
    assert session.get_component_availability(component) == availability
    assert component.get_availability([server]) == created.get_availability([location]) == {SERVER_LOCATION_ID: 100.0}
    assert fetch(server.get_url(component)) == plate.read_bytes()
    assert fetch(session.get_component_url(component.id)) == fetch(location.get_url(created)) == plate.read_bytes()
    assert existing(session.pick_location(component)).id == SERVER_LOCATION_ID


def test_a_component_uploaded_here_is_read_by_the_official_client(
    official: Any, session: Session, version: str, plate: Path
) -> None:
    server = existing(session.get("Location", SERVER_LOCATION_ID))
    component = existing(session.get("AssetVersion", version)).create_component(
        plate, {"name": "main"}, location=server
    )
    read = official.get("Component", component.id)
    assert (read["name"], read["file_type"], read["size"]) == ("main", ".exr", 1_500_000)
    assert read["version"]["id"] == version
    location = official.get("Location", SERVER_LOCATION_ID)
    assert location.get_resource_identifier(read) == component.id
    assert read.get_availability([location]) == {SERVER_LOCATION_ID: 100.0}
    assert read_officially(official, component.id) == plate.read_bytes()
    assert fetch(location.get_url(read)) == plate.read_bytes()
    assert official.pick_location(read)["id"] == SERVER_LOCATION_ID


def test_a_component_removed_by_one_client_is_gone_for_the_other(official: Any, session: Session, plate: Path) -> None:
    server = existing(session.get("Location", SERVER_LOCATION_ID))
    location = official.get("Location", SERVER_LOCATION_ID)
    components = [session.create_component(plate, {"name": name}, location=server) for name in ("one", "two")]
    location.remove_component(official.get("Component", components[0].id))
    server.remove_component(components[1])
    both = [session.create_component(plate, {"name": name}, location=server) for name in ("three", "four")]
    server.remove_components(both)
    for component in [*components, *both]:
        session.refresh(component)
        assert component.get_availability([server]) == {SERVER_LOCATION_ID: 0.0}
        assert official.get("Component", component.id).get_availability([location]) == {SERVER_LOCATION_ID: 0.0}
        with pytest.raises(ftrack_api.exception.AccessorOperationFailedError):
            read_officially(official, component.id)


def test_review_components_go_to_the_review_location_in_both(
    official: Any, session: Session, version: str, plate: Path
) -> None:
    data = {"name": "ftrackreview-image", "version_id": version}
    theirs = official.create_component(str(plate), dict(data))
    official.commit()
    ours = session.create_component(plate, dict(data))
    for identifier in (theirs["id"], ours.id):
        (location,) = session.query("ComponentLocation").where(component_id=identifier).all()
        assert location.location_id == REVIEW_LOCATION_ID


# -- sequences and containers ------------------------------------------------------------------------------------------


def describe(container: Any) -> dict[str, Any]:
    """Return the attributes of a sequence and its members, read through either client."""
    members = [(each["name"], each["size"], each["file_type"]) for each in container["members"]]
    names = ("name", "padding", "file_type", "size")
    return {**{name: container[name] for name in names}, "members": sorted(members)}


def test_a_sequence_is_the_same_whichever_client_creates_it(
    official: Any, session: Session, version: str, frames: str
) -> None:
    theirs = official.get("AssetVersion", version).create_component(frames, {"name": "theirs"}, location=None)
    official.commit()
    ours = existing(session.get("AssetVersion", version)).create_component(frames, {"name": "ours"}, location=None)
    session.commit()
    read_here = describe(existing(session.get("SequenceComponent", theirs["id"])))
    read_there = describe(official.get("SequenceComponent", ours.id))
    assert read_here.pop("name") == "theirs"
    assert read_there.pop("name") == "ours"
    assert read_here == read_there
    assert read_here["size"] == 1001 + 1002 + 1004


# -- a location on a disk that both use --------------------------------------------------------------------------------


@attrs.define
class Disk:
    """A location on a disk with the standard structure, as both clients see it."""

    root: Path
    ours: Any
    theirs: Any


@pytest.fixture
def disk(official: Any, session: Session, tmp_path: Path) -> Iterator[Disk]:

    root = tmp_path / "disk"
    root.mkdir()
    name = f"studio.{tmp_path.name}"
    theirs = official.create("Location", {"name": name})
    official.commit()
    theirs.accessor = ftrack_api.accessor.disk.DiskAccessor(prefix=str(root))
    theirs.structure = ftrack_api.structure.standard.StandardStructure()
    theirs.priority = 10
    session.locations.configure(name, accessor=DiskAccessor(root), structure=StandardStructure(), priority=10)
    yield Disk(root, existing(session.get("Location", theirs["id"])), theirs)
    # The session of the official client is shared: its other tests must not find this location.
    theirs.accessor = ftrack_api.symbol.NOT_SET


def test_files_that_the_official_client_adds_to_a_disk_are_found_here(
    official: Any, session: Session, version: str, plate: Path, frames: str, disk: Disk
) -> None:
    for source in (str(plate), frames):
        theirs = official.get("AssetVersion", version).create_component(
            source, {"name": "Main Plate"}, location=disk.theirs
        )
        official.commit()
        component = existing(session.get("Component", theirs["id"]))
        path = disk.ours.get_filesystem_path(component)
        assert path == disk.theirs.get_filesystem_path(theirs)
        assert disk.ours.get_resource_identifier(component) == disk.theirs.get_resource_identifier(theirs)
        assert component.get_availability([disk.ours]) == {disk.ours.id: 100.0}
        if source is frames:
            members = list(theirs["members"])
            ours = [existing(session.get("FileComponent", member["id"])) for member in members]
            assert disk.ours.get_filesystem_paths(ours) == disk.theirs.get_filesystem_paths(members)
            assert disk.ours.get_resource_identifiers(ours) == disk.theirs.get_resource_identifiers(members)
            present = disk.theirs.get_component_availabilities(members)
            assert disk.ours.get_component_availabilities(ours) == present == [100.0] * 3


def test_files_that_this_library_adds_to_a_disk_are_found_by_the_official_client(
    official: Any, session: Session, version: str, plate: Path, frames: str, disk: Disk
) -> None:
    for source in (str(plate), frames):
        component = existing(session.get("AssetVersion", version)).create_component(
            source, {"name": "Main Plate"}, location=disk.ours
        )
        theirs = official.get("Component", component.id)
        assert disk.theirs.get_filesystem_path(theirs) == disk.ours.get_filesystem_path(component)
        assert theirs.get_availability([disk.theirs]) == {disk.ours.id: 100.0}
        files = list(theirs["members"]) if source is frames else [theirs]
        for each in files:
            path = Path(disk.theirs.get_filesystem_path(each))
            assert path.read_bytes() == generated_bytes(each["size"])
        # The official client copies them on, to the server.
        server = official.get("Location", SERVER_LOCATION_ID)
        server.add_components(files, disk.theirs)
        assert [len(read_officially(official, each["id"])) for each in files] == [each["size"] for each in files]


def test_both_clients_add_components_to_the_same_location_by_default(
    official: Any, session: Session, version: str, plate: Path, disk: Disk
) -> None:
    for priority, chosen in ((10, disk.ours.id), (200, None)):
        disk.theirs.priority = disk.ours.priority = priority
        theirs = official.create_component(str(plate), {"name": f"theirs {priority}", "version_id": version})
        official.commit()
        ours = session.create_component(plate, {"name": f"ours {priority}", "version_id": version})
        locations = [
            [each.location_id for each in session.query("ComponentLocation").where(component_id=identifier)]
            for identifier in (theirs["id"], ours.id)
        ]
        assert locations[0] == locations[1]
        assert locations[0] == ([chosen] if chosen else [official.pick_location()["id"]])
        assert existing(session.pick_location()).id == official.pick_location()["id"]


@pytest.mark.parametrize(
    "options", [{}, {"project_versions_prefix": "Loose Versions", "illegal_character_substitute": "-"}]
)
def test_structures_of_both_clients_give_the_same_identifiers(
    official: Any, session: Session, version: str, plate: Path, frames: str, production: Production, options: Any
) -> None:
    components = [
        existing(session.get("AssetVersion", version)).create_component(source, {"name": name}, location=None)
        for source, name in ((plate, "beauty"), (plate, "Beauty: Main/2"), (frames, "matte"))
    ]
    asset_type = session.query("AssetType").first()
    asset = session.create("Asset", name="Look Book", type=asset_type, context_id=production.project)
    of_project = session.create("AssetVersion", asset=asset)
    components.append(session.create("FileComponent", name="Page 1", file_type=".pdf", version=of_project))
    container = session.create("ContainerComponent", name="Both Plates", version_id=version)
    session.create("FileComponent", name="Left Eye", file_type=".exr", container=container)
    session.commit()
    members = session.query("FileComponent").where(f"container_id in ({components[2].id}, {container.id})").all()
    assert len(members) == 4
    for component in [*components, container, *members]:
        theirs = official.get("Component", component.id)
        expected = ftrack_api.structure.standard.StandardStructure(**options).get_resource_identifier(theirs)
        assert StandardStructure(**options).get_resource_identifier(component) == expected


# -- thumbnails and media ----------------------------------------------------------------------------------------------


def test_a_thumbnail_set_by_the_official_client_is_read_here(
    official: Any, session: Session, production: Production, tmp_path: Path
) -> None:
    path = tmp_path / "thumbnail.png"
    path.write_bytes(picture())
    component = official.get("Task", production.tasks[0]).create_thumbnail(str(path))
    task = existing(session.get("Task", production.tasks[0]))
    assert task.thumbnail.id == component["id"]
    assert image_size(fetch(session.thumbnail_url(component["id"], size=200))) == (200, 100)
    location = official.get("Location", SERVER_LOCATION_ID)
    ours = existing(session.get("Location", SERVER_LOCATION_ID))
    theirs = location.get_thumbnail_url(component, size=200)
    assert fetch(ours.get_thumbnail_url(task.thumbnail, size=200)) == fetch(theirs)
    assert fetch(task.thumbnail_url["url"])


def test_a_thumbnail_set_here_is_read_by_the_official_client(
    official: Any, session: Session, production: Production, tmp_path: Path
) -> None:
    path = tmp_path / "thumbnail.png"
    path.write_bytes(picture())
    component = existing(session.get("Shot", production.shots[1])).create_thumbnail(path)
    shot = official.get("Shot", production.shots[1])
    assert shot["thumbnail_id"] == component.id
    location = official.get("Location", SERVER_LOCATION_ID)
    assert image_size(fetch(location.get_thumbnail_url(shot["thumbnail"], size=100))) == (100, 50)
    assert read_officially(official, component.id) == picture()
    assert fetch(shot["thumbnail_url"]["value"])


#: The name of a file to encode, its bytes, and the formats of the results.
MEDIA = {
    "image": ("frame.png", picture(), ["image/jpeg"]),
    "movie": ("movie.mov", movie(), ["image/jpeg", "video/mp4"]),
}


@pytest.fixture(params=list(MEDIA))
def media(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[str]]:
    """A file to encode, and the formats of the results."""
    name, content, formats = MEDIA[request.param]
    (tmp_path / name).write_bytes(content)
    return tmp_path / name, formats


def test_media_encoded_by_the_official_client_is_read_here(
    official: Any, session: Session, box: Sandbox, version: str, media: tuple[Path, list[str]]
) -> None:
    path, formats = media
    theirs = official.get("AssetVersion", version).encode_media(str(path), keep_original=True)
    box.storage.wait_for_encoding()
    job = existing(session.get("Job", theirs["id"]))
    outputs = job.details["output"]
    assert (job.status, job.details["keep_original"]) == ("done", True)
    assert sorted(output["format"] for output in outputs) == formats
    source = existing(session.get("FileComponent", job.details["source_component_id"]))
    assert fetch(session.get_component_url(source.id)) == path.read_bytes()
    for output in outputs:
        component = existing(session.get("FileComponent", output["component_id"]))
        content = fetch(session.get_component_url(component.id))
        assert (component.version_id, component.size) == (version, len(content))
    assert existing(session.get("AssetVersion", version)).thumbnail_id in {each["component_id"] for each in outputs}


def test_media_encoded_here_is_read_by_the_official_client(
    official: Any, session: Session, box: Sandbox, version: str, media: tuple[Path, list[str]]
) -> None:
    path, formats = media
    job = existing(session.get("AssetVersion", version)).encode_media(path)
    box.storage.wait_for_encoding()
    theirs = official.get("Job", job.id)
    data = json.loads(theirs["data"])
    assert (theirs["status"], data["keep_original"]) == ("done", False)
    assert sorted(output["format"] for output in data["output"]) == formats
    for output in data["output"]:
        component = official.get("FileComponent", output["component_id"])
        assert component["version"]["id"] == version
        assert len(read_officially(official, output["component_id"])) == component["size"]
    assert official.get("FileComponent", data["source_component_id"]) is None


# -- notes, timers and workflows ---------------------------------------------------------------------------------------


def test_notes_of_either_client_are_read_by_the_other(official: Any, session: Session, production: Production) -> None:
    me = official.query(f'User where username is "{official.api_user}"').one()
    theirs = official.get("Task", production.tasks[0]).create_note("theirs", author=me, recipients=[me])
    official.commit()
    note = existing(session.get("Note", theirs["id"]))
    reply = note.create_reply("seen here", author=existing(session.get("User", me["id"])))
    task = existing(session.get("Task", production.tasks[0]))
    ours = task.create_note("ours", author=existing(session.get("User", me["id"])))
    session.commit()
    assert (note.content, note.parent_id) == ("theirs", production.tasks[0])
    read = official.get("Note", ours.id)
    assert (read["content"], read["author"]["id"]) == ("ours", me["id"])
    assert official.get("Note", reply.id)["in_reply_to_id"] == note.id


def test_a_timer_started_by_one_client_is_stopped_by_the_other(
    official: Any, session: Session, production: Production
) -> None:
    user = existing(session.query("User").where(username=session.api_user).one())
    theirs = official.get("User", user.id)
    theirs.start_timer(official.get("Task", production.tasks[0]), comment="there")
    timelog = user.stop_timer()
    assert (timelog.context_id, timelog.comment) == (production.tasks[0], "there")
    user.start_timer(session.get("Task", production.tasks[1]), comment="here")
    with pytest.raises(ftrack_api.exception.NotUniqueError):
        theirs.start_timer(official.get("Task", production.tasks[1]))
    official.rollback()
    stopped = theirs.stop_timer()
    assert (stopped["context_id"], stopped["comment"]) == (production.tasks[1], "here")


def test_both_clients_find_the_same_statuses_and_types(official: Any, session: Session) -> None:
    def ids_of(method: Any, *arguments: str) -> set[str] | None:
        """Return the ids of the entities that *method* returns, or None where the schema has none and it says so."""
        try:
            return {entity["id"] for entity in method(*arguments)}
        except ValueError:
            return None

    for theirs in official.query("ProjectSchema"):
        ours = existing(session.get("ProjectSchema", theirs["id"]))
        for entity_type in ("Task", "AssetVersion", "Shot", "Sequence"):
            assert ids_of(ours.get_statuses, entity_type) == ids_of(theirs.get_statuses, entity_type)
        for entity_type in ("Task", "Shot"):
            assert ids_of(ours.get_types, entity_type) == ids_of(theirs.get_types, entity_type)
        for task_type in theirs.get_types("Task"):
            arguments = ("Task", task_type["id"])
            assert ids_of(ours.get_statuses, *arguments) == ids_of(theirs.get_statuses, *arguments)
