"""Structures form the resource identifiers of the official client, so that files lie where they were before."""

from __future__ import annotations

import re
from typing import Any

from tests.compat.conftest import Both, Studio, raised
from tests.compat.entity.test_location import new_file, new_version


def components_of(studio: Studio) -> list[Any]:
    """Return a file, a sequence with its first member, and a container with a member, of a version."""
    version, session = new_version(studio), studio.session
    for number in (1, 2):
        new_file(studio, f"beauty.{number:03}.exr")
    file = version.create_component(new_file(studio, "Über plate.exr"), {"name": "Über Bild #1"}, location=None)
    sequence = version.create_component(f"{studio.folder}/beauty.%03d.exr [1-2]", {"name": "Beauty"}, location=None)
    container = session.create("ContainerComponent", {"name": "Parts", "version": version})
    member = session.create("FileComponent", {"name": "part", "file_type": ".obj", "container": container})
    session.commit()
    return [file, sequence, sorted(sequence["members"], key=lambda each: each["name"])[0], container, member]


def test_identifiers_are_those_of_the_official_client(both: Both) -> None:
    def run(studio: Studio) -> Any:
        structure, components = studio.client.structure, components_of(studio)
        structures = {
            "standard": structure.standard.StandardStructure(),
            "prefixed": structure.standard.StandardStructure("versions", illegal_character_substitute="-"),
            "unchanged": structure.standard.StandardStructure(illegal_character_substitute=None),
            "id": structure.id.IdStructure(),
            "id below": structure.id.IdStructure(prefix="studio/files"),
        }
        found = {
            name: [_without_ids(each.get_resource_identifier(component), studio) for component in components]
            for name, each in structures.items()
        }
        entity_id = structure.entity_id.EntityIdStructure().get_resource_identifier(components[0])
        origin = structure.origin.OriginStructure()
        context = {"source_resource_identifier": "/a/b.exr"}
        return (
            found,
            entity_id == components[0]["id"],
            origin.get_resource_identifier(components[0], context),
            raised(studio.client, lambda: origin.get_resource_identifier(components[0]), ValueError)[-1:],
            structures["standard"].sanitise_for_filesystem("Ünder ground: #5"),
            structures["id"].path_separator,
        )

    assert "/uber_bild__" in both(run)[0]["standard"][0]


def _without_ids(identifier: str, studio: Studio) -> str:
    return re.sub(r"[0-9a-f]+(?=[/.-]|$)", "#", re.sub(r"(?i)film\d+", "film", identifier))


def test_structures_of_a_studio_derive_from_them(both: Both) -> None:
    def run(studio: Studio) -> Any:
        base = studio.client.structure.standard.StandardStructure

        class Shouting(base):  # type: ignore[misc, valid-type]
            def sanitise_for_filesystem(self, value: str) -> str:
                return str(super().sanitise_for_filesystem(value)).upper()

            def get_resource_identifier(self, entity: Any, context: Any = None) -> str:
                return f"all/{super().get_resource_identifier(entity, context)}"

        identifier = Shouting().get_resource_identifier(components_of(studio)[0])
        return identifier.replace(studio.production.name.upper(), "film")

    both(run)
