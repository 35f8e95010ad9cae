"""The standard structure, beside that of the official client, on real components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ftrack_api.structure.standard import StandardStructure as OfficialStandardStructure

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.storage.structures.ids import IdStructure
from ftrack_orm.storage.structures.standard import StandardStructure
from ftrack_orm.testing import requests_made
from tests.fakes.official_client import official_session
from tests.production import Production

from .components import component, version


@pytest.fixture
def components(session: Session, production: Production) -> list[Entity]:
    """Committed components of all kinds, of a version below a shot and of one below the project."""
    components = []
    for parent in (session.get("Shot", production.shots[0]), session.get("Project", production.project)):
        asset = session.create("Asset", name="Main Plate", parent=parent, type=session.query("AssetType").first())
        published = session.create("AssetVersion", asset=asset)
        single = session.create("FileComponent", name="Left Eye", file_type=".EXR", version=published)
        sequence = session.create("SequenceComponent", name="main", file_type=".exr", padding=4, version=published)
        unpadded = session.create("SequenceComponent", name="low", file_type=".jpg", padding=0, version=published)
        container = session.create("ContainerComponent", name="extras", version=published)
        components += [
            *(single, sequence, unpadded, container),
            session.create("FileComponent", name="0012", file_type=".exr", container=sequence),
            session.create("FileComponent", name="7", file_type=".jpg", container=unpadded),
            session.create("FileComponent", name="notes", file_type=".pdf", container=container),
        ]
    session.commit()
    return components


@pytest.fixture
def official(box: Sandbox, tmp_path: Path) -> Any:
    session = official_session(box)
    yield session
    session.close()


@pytest.mark.parametrize("prefix", [None, "Versions"])
def test_paths_are_those_of_the_official_client(components: list[Entity], official: Any, prefix: str | None) -> None:
    theirs = [
        OfficialStandardStructure(prefix).get_resource_identifier(official.get("Component", each.id))
        for each in components
    ]
    assert StandardStructure(prefix).get_resource_identifiers(components) == theirs
    assert theirs[0].endswith("/sh0/main_plate/v001/left_eye.exr")


def test_paths_by_ids_are_those_of_the_official_client(components: list[Entity], official: Any) -> None:
    from ftrack_api.structure.id import IdStructure as OfficialIdStructure

    theirs = [
        OfficialIdStructure("x").get_resource_identifier(official.get("Component", each.id)) for each in components
    ]
    assert IdStructure("x").get_resource_identifiers(components) == theirs


@pytest.mark.parametrize("structure", [StandardStructure(), IdStructure()])
def test_the_projections_hold_everything_that_is_read(
    components: list[Entity], other: Session, structure: StandardStructure | IdStructure
) -> None:
    expected = structure.get_resource_identifiers(components)
    for each, identifier in zip(components, expected, strict=True):
        projections = structure.projections(each.__entity_type__)
        found = other.query(f'select {projections} from {each.__entity_type__} where id is "{each.id}"').one()
        with requests_made(other) == 0:
            assert structure.get_resource_identifier(found) == identifier
        other.expire(found)


def test_names_of_all_languages_are_kept() -> None:
    japanese = version(asset="背景", parents=("हिन्दी", "Größe"), project="Café")
    assert StandardStructure().get_resource_identifier(component(name="ÜBER cool", version=japanese)) == (
        "café/हिन्दी/größe/背景/v003/über_cool.exr"
    )


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b", "a\\b", "a\0b", "..", ".", "", " ", "con", "nul.", "\ud800"]
)
def test_no_name_leads_to_another_folder(name: str) -> None:
    hostile = version(asset=name, parents=(name,), project=name)
    identifier = StandardStructure().get_resource_identifier(component(name=name, file_type=name, version=hostile))
    parts = identifier.split("/")
    assert len(parts) == 5
    assert all(part.strip(".") for part in parts)


def test_without_a_substitute_names_stay_or_are_refused() -> None:
    structure = StandardStructure(illegal_character_substitute=None)
    assert structure.get_resource_identifier(component(name="Left Eye")).endswith("/v003/Left Eye.exr")
    with pytest.raises(errors.StructureError, match=r"'a/b' cannot be used in a path.*contains '/'.*Rename"):
        structure.get_resource_identifier(component(name="a/b"))


def test_an_uncommitted_version_is_an_error(session: Session, production: Production) -> None:
    asset = session.create(
        "Asset", name="new", parent=session.get("Shot", production.shots[0]), type=session.query("AssetType").first()
    )
    pending = session.create("AssetVersion", asset=asset)
    single = session.create("FileComponent", name="main", version=pending)
    with pytest.raises(errors.StructureError, match="Commit them first"):
        StandardStructure().get_resource_identifier(single)
    alone = session.create("FileComponent", name="main")
    with pytest.raises(errors.StructureError, match="belongs to no version"):
        StandardStructure().get_resource_identifier(alone)
    session.rollback()
