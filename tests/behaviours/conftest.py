"""Fixtures of the tests about components: a version, files, and locations on disk that a session is configured for."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.structures.ids import IdStructure
from tests.production import Production


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    """An embedded server of the behaviours' own: elsewhere tests change workflows, which behaviours read."""
    with Sandbox(seed="empty") as sandbox:
        yield sandbox


#: Creates a location on the server, and configures a folder of its own for it in the session.
MakeLocation = Callable[..., Entity]


@pytest.fixture
def version(session: Session, production: Production) -> Entity:
    """A committed version of an asset of the first shot."""
    asset = session.create("Asset", name="comp", parent=session.get("Shot", production.shots[0]))
    version = session.create("AssetVersion", asset=asset)
    session.commit()
    return version


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """A file."""
    path = tmp_path / "source" / "plate.exr"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"the pixels of a plate")
    return path


@pytest.fixture
def frames(tmp_path: Path) -> str:
    """The sequence of twelve files of different sizes."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(1, 13):
        (folder / f"plate.{number:04d}.exr").write_bytes(b"x" * number)
    return f"{folder}/plate.%04d.exr [1-12]"


@pytest.fixture
def make_location(session: Session, tmp_path: Path) -> MakeLocation:
    """Creates locations on disk: `make_location("main", priority=1)`."""

    def make(name: str, *, priority: float = 10, of: Session = session, structure: object = None) -> Entity:
        location = of.create("Location", name=f"studio.{name}.{uuid.uuid4().hex}")
        of.commit()
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        of.locations.configure(
            location,
            accessor=DiskAccessor(folder, sync=False),
            structure=structure or IdStructure(),  # type: ignore[arg-type]
            priority=priority,
        )
        return location

    return make


@pytest.fixture
def main(make_location: MakeLocation) -> Entity:
    """A location on disk that is preferred to all others."""
    return make_location("main", priority=1)


def files_in(folder: Path) -> list[str]:
    """Return the paths of all files in *folder*, relative to it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
