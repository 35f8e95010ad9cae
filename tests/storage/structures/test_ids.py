"""Structures by ids."""

from __future__ import annotations

from ftrack_orm.storage.structures.ids import EntityIdStructure, IdStructure

from .components import component

ID = "12345678-90ab"


def test_a_file_lies_in_folders_named_by_its_id() -> None:
    assert IdStructure().get_resource_identifier(component(id=ID)) == "1/2/3/4/5678-90ab.exr"
    assert IdStructure("/cache/").get_resource_identifier(component(id=ID, file_type=None)) == (
        "cache/1/2/3/4/5678-90ab"
    )


def test_files_of_a_sequence_are_named_by_their_numbers() -> None:
    sequence = component("SequenceComponent", id=ID)
    member = component(name="0012", container=sequence)
    assert IdStructure().get_resource_identifiers([sequence, member]) == [
        "1/2/3/4/5678-90ab/file.%04d.exr",
        "1/2/3/4/5678-90ab/file.0012.exr",
    ]
    unpadded = component("SequenceComponent", id=ID, padding=0)
    assert IdStructure().get_resource_identifier(unpadded).endswith("/file.%d.exr")


def test_members_of_a_container_are_named_by_their_ids() -> None:
    container = component("ContainerComponent", id=ID)
    member = component(id="abc", container=container, file_type=".pdf")
    sequence = component("SequenceComponent", id="def", container=container)
    frame = component(name="0001", container=sequence)
    assert IdStructure().get_resource_identifiers([container, member, sequence, frame]) == [
        "1/2/3/4/5678-90ab",
        "1/2/3/4/5678-90ab/abc.pdf",
        "1/2/3/4/5678-90ab/def/file.%04d.exr",
        "1/2/3/4/5678-90ab/def/file.0001.exr",
    ]


def test_a_file_type_cannot_lead_out_of_the_folder() -> None:
    hostile = component(id=ID, file_type="/../../../../../../etc")
    assert IdStructure().get_resource_identifier(hostile) == "1/2/3/4/5678-90ab_.._.._.._.._.._.._etc"


def test_the_id_itself_can_be_the_identifier() -> None:
    assert EntityIdStructure().get_resource_identifier(component(id=ID)) == ID
