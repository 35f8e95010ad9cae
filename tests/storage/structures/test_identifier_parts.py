"""The identifiers of components: no two components get the same one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm import errors
from ftrack_orm.storage.structures.identifier_parts import IdentifierParts
from ftrack_orm.storage.structures.standard import StandardStructure

from .components import component, version


def test_components_whose_names_become_equal_are_distinguished() -> None:
    shared = version()
    components = [component(name=name, version=shared) for name in ("Main A", "main_a", "MAIN?a")]
    first, second, third = StandardStructure().get_resource_identifiers(components)
    assert first == "demo/sq010/sh010/plate/v003/main_a.exr"
    assert second == f"demo/sq010/sh010/plate/v003/main_a_{components[1].id[:8]}.exr"
    assert third == f"demo/sq010/sh010/plate/v003/main_a_{components[2].id[:8]}.exr"


def test_files_that_differ_in_case_only_are_distinguished() -> None:
    structure = StandardStructure(illegal_character_substitute=None)
    shared = version()
    first, second = structure.get_resource_identifiers(
        [component(name="Main", version=shared), component(name="main", version=shared)]
    )
    assert first.casefold() != second.casefold()


def test_an_identifier_that_is_taken_is_not_used() -> None:
    sequence = component("SequenceComponent")
    member = component(name="0001", container=sequence)
    taken = {"demo/sq010/sh010/plate/v003/main.%04d.exr"}
    context = {"is_taken": taken.__contains__}
    identifiers = StandardStructure().get_resource_identifiers([member, sequence], [context, context])
    assert identifiers == [
        f"demo/sq010/sh010/plate/v003/main_{sequence.id[:8]}.0001.exr",
        f"demo/sq010/sh010/plate/v003/main_{sequence.id[:8]}.%04d.exr",
    ]


def test_a_component_given_twice_has_one_place() -> None:
    one = component()
    assert len(set(StandardStructure().get_resource_identifiers([one, one]))) == 1


def test_members_of_a_sequence_with_the_same_number_are_an_error() -> None:
    sequence = component("SequenceComponent")
    members = [component(name="0001", container=sequence) for _ in range(2)]
    with pytest.raises(errors.StructureError, match="Two members"):
        StandardStructure().get_resource_identifiers(members)


def test_a_sequence_without_an_expression_has_no_frames() -> None:
    with pytest.raises(errors.StructureError, match="no expression"):
        IdentifierParts("a").of_frame("1")


NAMES = st.text(max_size=8) | st.sampled_from(["a", "A", "a ", "a/", "ä", "a\u0308", "..", "con"])


@given(st.lists(st.tuples(NAMES, st.sampled_from([".exr", ".EXR", "", None])), max_size=12), st.booleans())
def test_different_components_have_different_files_on_every_file_system(
    files: list[tuple[str, str | None]], in_container: bool
) -> None:
    shared = version()
    container = component("ContainerComponent", version=shared) if in_container else None
    components = [
        component(name=name, file_type=file_type, version=shared, container=container) for name, file_type in files
    ]
    identifiers = StandardStructure().get_resource_identifiers(components)
    assert len({identifier.casefold() for identifier in identifiers}) == len(components)
    assert all(identifier.startswith("demo/sq010/sh010/plate/v003/") for identifier in identifiers)
    assert all(identifier.count("/") == 5 + in_container for identifier in identifiers)
