"""The structure by a template, and reading identifiers back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors
from ftrack_orm.storage.identifiers import legal_name
from ftrack_orm.storage.structures.template import TemplateStructure
from ftrack_orm.testing import requests_made
from tests.production import Production
from tests.property_settings import examples

from .components import component, version

PUBLISHED = TemplateStructure("{project.name}/{parent.name}/{asset.name}/v{version:03d}/{name}{file_type}")
DEEP = TemplateStructure("{project.name}/{parents}/{asset.name}_v{version}/{name}{file_type}")


def test_a_component_is_placed_by_the_template() -> None:
    assert PUBLISHED.get_resource_identifier(component()) == "demo/sh010/plate/v003/main.exr"
    assert DEEP.get_resource_identifier(component()) == "demo/sq010/sh010/plate_v3/main.exr"
    assert DEEP.get_resource_identifier(component(version=version(parents=()))) == "demo/plate_v3/main.exr"
    by_user = TemplateStructure("{version.user.username}/{user.username}/{id}")
    assert by_user.get_resource_identifier(component(id="x1")) == "jane/jane/x1"
    assert repr(by_user) == "TemplateStructure('{version.user.username}/{user.username}/{id}')"


def test_sequences_and_containers_have_members() -> None:
    sequence = component("SequenceComponent")
    container = component("ContainerComponent", name="extras")
    components = [
        *(sequence, component(name="0012", container=sequence)),
        *(container, component(name="notes", file_type=".pdf", container=container)),
    ]
    assert PUBLISHED.get_resource_identifiers(components) == [
        "demo/sh010/plate/v003/main.%04d.exr",
        "demo/sh010/plate/v003/main.0012.exr",
        "demo/sh010/plate/v003/extras",
        "demo/sh010/plate/v003/extras/notes.pdf",
    ]


@pytest.mark.parametrize("name", ["../../etc", "a/b", "..", "con", "a\0b", " "])
def test_no_value_adds_a_folder_or_leads_out(name: str) -> None:
    hostile = version(asset=name, parents=(name, name), project=name)
    identifier = DEEP.get_resource_identifier(component(name=name, file_type=f".{name}", version=hostile))
    assert identifier.count("/") == 4
    assert all(part.strip(".") for part in identifier.split("/"))


def test_a_value_that_is_missing_or_does_not_fit_is_an_error() -> None:
    with pytest.raises(errors.StructureError, match=r"no value for \{task.name\}.*leave the field out"):
        TemplateStructure("{task.name}/{name}").get_resource_identifier(component())
    with pytest.raises(errors.StructureError, match="does not fit the format '03d'"):
        TemplateStructure("{asset.name:03d}/{name}").get_resource_identifier(component())
    with pytest.raises(errors.StructureError, match="belongs to no version"):
        PUBLISHED.get_resource_identifier(component(version=None))
    assert TemplateStructure("cache/{id}{file_type}").get_resource_identifier(component(version=None, id="1"))


def test_an_identifier_is_read_back() -> None:
    assert PUBLISHED.parse("demo/sh010/plate/v003/main.exr") == {
        "project.name": "demo",
        "parent.name": "sh010",
        "asset.name": "plate",
        "version": 3,
        "name": "main",
        "file_type": ".exr",
    }
    assert PUBLISHED.parse("demo/sh010/plate/v003/main.%04d.exr")["frame"] == "%04d"
    frame = PUBLISHED.parse("demo/sh010/plate/v003/a.b.0012.exr", is_member=True)
    assert (frame["name"], frame["frame"], frame["file_type"]) == ("a.b", 12, ".exr")
    assert PUBLISHED.parse("demo/sh010/plate/v003/a.0012.exr")["name"] == "a.0012"
    assert DEEP.parse("demo/a/b/c/plate_v12/README")["parents"] == "a/b/c"
    assert DEEP.parse("demo/plate_v12/README") == {
        "project.name": "demo",
        "parents": "",
        "asset.name": "plate",
        "version": 12,
        "name": "README",
        "file_type": "",
    }


@pytest.mark.parametrize(
    "identifier",
    [
        *("", "demo", "demo/sh010/plate/v003", "demo/sh010/plate/v3/main.exr", "demo/sh010/plate/v0003/main.exr"),
        *("x/demo/sh010/plate/v003/main.exr", "demo/sh010/plate/v003/main.exr/x", "demo//plate/v003/main.exr"),
        *("demo/sh010/plate/vthree/main.exr", "demo/sh010/plate/v003/main.exr\n/", "a" * 5000),
    ],
)
def test_an_identifier_of_another_form_is_an_error(identifier: str) -> None:
    with pytest.raises(errors.StructureError, match="does not have the form of the template") as caught:
        PUBLISHED.parse(identifier)
    assert caught.value.resource_identifier == identifier


def test_an_identifier_with_two_meanings_is_an_error_that_shows_both() -> None:
    structure = TemplateStructure("{asset.name}_{name}{file_type}")
    assert structure.parse("plate_main.exr")["asset.name"] == "plate"
    with pytest.raises(errors.StructureError, match=r"more than one way.*'a'.*'b_c'.*'a_b'.*'c'"):
        structure.parse("a_b_c.exr")


def test_a_field_that_stands_twice_has_one_value() -> None:
    structure = TemplateStructure("{asset.name}/{asset.name}_{name}{file_type}")
    assert structure.parse("a_b/a_b_c.exr") == {"asset.name": "a_b", "name": "c", "file_type": ".exr"}
    with pytest.raises(errors.StructureError, match="form"):
        structure.parse("a/b_c.exr")


NAMES = st.text(st.characters(exclude_characters="."), min_size=1, max_size=8) | st.sampled_from(["a_b", "v003", "0"])
TEMPLATES = st.sampled_from(
    [
        "{project.name}/{parent.name}/{asset.name}/v{version:03d}/{name}{file_type}",
        "{project.name}/{parents}/{asset.name}/v{version:03d}/{name}{file_type}",
        "{parents}/{name}{file_type}",
        "x-{asset.name}_v{version}_{name}{file_type}",
        "{asset.name}{version}/{asset.name}.{name}{file_type}",
        "{version:04d}{name}/{version:04d}{file_type}",
    ]
)


@settings(max_examples=examples(100, 3000))
@given(
    TEMPLATES,
    st.builds(version, st.integers(1, 12_000), NAMES, st.lists(NAMES, max_size=3).map(tuple), NAMES),
    NAMES,
    st.sampled_from([".exr", "", ".x7"]),
    st.sampled_from(["FileComponent", "SequenceComponent"]),
)
def test_what_a_template_formed_is_read_back_or_has_several_meanings(
    template: str, published: Any, name: str, file_type: str, entity_type: str
) -> None:
    structure = TemplateStructure(template)
    one = component(entity_type, version=published, name=name, file_type=file_type)
    identifier = structure.get_resource_identifier(one)
    values = {
        "project.name": legal_name(published.asset.parent.name),
        "version": published.version,
        "asset.name": legal_name(published.asset.name),
        "name": legal_name(name),
        "file_type": file_type,
        "parents": "/".join(legal_name(each["name"]) for each in published.link[1:-1]),
    }
    try:
        read = structure.parse(identifier)
    except errors.StructureError as error:
        assert "more than one way" in str(error)
        return
    assert read.pop("frame", None) == ("%04d" if entity_type == "SequenceComponent" else None)
    for field in ("version", "asset.name", "name", "file_type", "parents"):
        assert read.get(field, values[field]) == values[field]
    assert structure.get_resource_identifier(one) == identifier


def test_the_projections_hold_everything_that_is_read(session: Session, other: Session, production: Production) -> None:
    asset = session.create(
        "Asset", name="plate", parent=session.get("Shot", production.shots[0]), type=session.query("AssetType").first()
    )
    published = session.create("AssetVersion", asset=asset, task=session.get("Task", production.tasks[0]))
    sequence = session.create("SequenceComponent", name="main", file_type=".exr", padding=4, version=published)
    member = session.create("FileComponent", name="0001", file_type=".exr", container=sequence)
    session.commit()
    structure = TemplateStructure(
        "{project.name}/{parents}/{parent.parent.name}/{task.name}/{user.username}/v{version:03d}/{name}{file_type}"
    )
    expected = f"{production.name}/sq0/sh0/sq0/task00/{published.user.username}/v001/main.0001.exr"
    assert structure.get_resource_identifier(member) == expected
    found = other.query(f'select {structure.projections("FileComponent")} from FileComponent where id is "{member.id}"')
    one = found.one()
    with requests_made(other) == 0:
        assert structure.get_resource_identifier(one) == expected
