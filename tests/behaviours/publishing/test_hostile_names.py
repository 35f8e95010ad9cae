"""Names of any text, and structures that lead astray: files stay in their place, or a clear error leaves nothing."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.storage import DiskAccessor, StandardStructure, TemplateStructure
from tests.behaviours.conftest import files_in
from tests.production import create_production
from tests.property_settings import examples

#: Names that file systems refuse, or that lead elsewhere.
HOSTILE = [
    "..",
    ".",
    "",
    "/",
    "../../etc/passwd",
    "a/b",
    "C:\\x",
    "con",
    "nul.exr",
    "a\0b",
    "x" * 300,
    " ",
    "é",
    "e\u0301",
]
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20))


@pytest.fixture(scope="module")
def publisher(box: Any, schema_cache: Path) -> Any:
    """A session of this module's own, and an asset to publish to."""
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache) as session:
        production = create_production(session)
        asset = session.create("Asset", name="comp", parent=session.get("Shot", production.shots[0]))
        location = session.create("Location", name=f"studio.hostile.{production.name}")
        session.commit()
        yield session, asset, location


@settings(max_examples=examples(20, 120), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asset_name=TEXTS, name=TEXTS, file_type=st.one_of(st.just(".exr"), TEXTS), uses_template=st.booleans())
def test_a_file_stays_in_its_location_whatever_its_names_are(
    publisher: Any,
    tmp_path_factory: pytest.TempPathFactory,
    asset_name: str,
    name: str,
    file_type: str,
    uses_template: bool,
) -> None:
    session, asset, location = publisher
    root = tmp_path_factory.mktemp("hostile")
    (root / "storage").mkdir()
    template = TemplateStructure("{project.name}/{parents}/{asset.name}/v{version:03d}/{name}{file_type}")
    session.locations.configure(
        location,
        accessor=DiskAccessor(root / "storage", sync=False),
        structure=template if uses_template else StandardStructure(),
    )
    try:
        with session.transfer() as block:
            asset.name = asset_name
            version = session.create("AssetVersion", asset=asset)
            data = {"name": name, "file_type": file_type}
            component = block.component(version, b"pixels", data, location=location)
    except errors.FtrackError:
        assert files_in(root) == []
        assert (session.created, session.modified) == ([], [])
        return
    (path,) = files_in(root)
    assert path.startswith("storage/")
    assert unicodedata.is_normalized("NFC", path)
    assert (root / path).read_bytes() == b"pixels"
    assert Path(location.get_filesystem_path(component)) == root / path


@pytest.mark.parametrize(
    "identifier", ["../escape", "/etc/escape", "a/../../escape", "", ".", "a\0b", "link/escape", "x" * 5000, None, 7]
)
def test_a_structure_that_leads_out_of_the_location_is_an_error(
    session: Session, version: Entity, plate: Path, main: Entity, tmp_path: Path, identifier: Any
) -> None:
    class Astray:
        def get_resource_identifier(self, entity: Any, context: Any = None) -> Any:
            return identifier

    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "main" / "link").symlink_to(outside)
    main.structure = Astray()
    with pytest.raises(errors.FtrackError):
        session.create_component(plate, {"version": version}, location=main)
    assert files_in(outside) == []
    assert [path.name for path in (tmp_path / "main").iterdir()] == ["link"]
    assert not list(tmp_path.rglob("escape"))
    assert session.created == []


@pytest.mark.skipif(resource is None, reason="Windows has no limits of file sizes")
def test_a_disk_that_takes_no_more_leaves_nothing(
    session: Session, version: Entity, frames: str, main: Entity, tmp_path: Path
) -> None:
    assert resource is not None
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Of twelve files of 1 to 12 bytes, the system refuses to write the longer ones.
    resource.setrlimit(resource.RLIMIT_FSIZE, (7, limits[1]))
    try:
        with pytest.raises(errors.StorageError, match=r"plate|file\."):
            session.create_component(frames, {"version": version}, location=main)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files_in(tmp_path / "main") == []
    assert session.created == []
