"""Locations are set up and used as with the official client: accessors, structures and transformers of a studio."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import compat
from tests.compat.conftest import Both, Studio, raised


def new_version(studio: Studio) -> Any:
    session, shot = studio.session, studio.get("Shot")
    kind = session.query("AssetType order by name").first()
    asset = session.create("Asset", {"name": "Plate 1", "type": kind, "parent": shot})
    version = session.create("AssetVersion", {"asset": asset, "task": studio.get("Task"), "comment": "first"})
    session.commit()
    return version


def new_file(studio: Studio, name: str = "plate.exr", content: bytes = b"some pixels") -> str:
    path = studio.folder / name
    path.write_bytes(content)
    return str(path)


def new_location(studio: Studio, structure: Any = None, name: str = "compat.disk") -> Any:
    location = studio.session.ensure("Location", {"name": f"{name} {studio.production.name}"})
    folder = studio.folder / name
    folder.mkdir(exist_ok=True)
    location.accessor = studio.client.accessor.disk.DiskAccessor(prefix=str(folder))
    location.structure = structure or studio.client.structure.id.IdStructure()
    location.priority = 10_000
    return location


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_new_location_is_not_configured(both: Both) -> None:
    def run(studio: Studio) -> Any:
        not_set = studio.client.symbol.NOT_SET
        location = studio.session.ensure("Location", {"name": f"unset {studio.production.name}"})
        states = [location.accessor is not_set, location.structure is not_set, location.priority]
        states += [location.resource_identifier_transformer is not_set, bool(location.accessor)]
        accessor = studio.client.accessor.disk.DiskAccessor(prefix=str(studio.folder))
        structure = studio.client.structure.standard.StandardStructure()
        location.accessor, location.structure, location.priority = accessor, structure, 3
        again = studio.session.get("Location", location["id"])
        states += [again.accessor is accessor, again.structure is structure, again.priority]
        location.accessor = not_set
        component = studio.session.create_component(new_file(studio), {"name": "x"}, location=None)
        states += ["LocationError" in raised(studio.client, lambda: location.add_component(component, component))]
        return [*states, str(location).startswith('<Location("unset')]

    both(run)


def test_components_are_copied_into_locations(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, version = studio.session, new_version(studio)
        location = new_location(studio, studio.client.structure.standard.StandardStructure())
        component = version.create_component(new_file(studio), {"name": "main"}, location=location)
        path = location.get_filesystem_path(component)
        prefix = f"{studio.production.name.lower()}/"
        facts: list[Any] = [
            component["name"],
            component["file_type"],
            component["size"],
            component["version"] == version,
        ]
        facts += [location.get_resource_identifier(component).removeprefix(prefix), Path(path).read_bytes()]
        facts += [
            location.get_component_availability(component),
            component.get_availability([location])[location["id"]],
        ]
        facts += [location.get_component_availabilities([component]), session.pick_location(component) is not None]
        facts += [session.get_component_availability(component, [location]) == {location["id"]: 100.0}]
        facts += [raised(studio.client, lambda: location.add_component(component, location))]
        location.remove_component(component)
        facts += [os.path.exists(path), location.get_component_availability(component)]
        facts += [raised(studio.client, lambda: location.get_resource_identifier(component))]
        facts += [raised(studio.client, lambda: location.remove_component(component))]
        return facts

    both(run)


def test_sequences_are_copied_with_their_members(both: Both) -> None:
    def run(studio: Studio) -> Any:
        version = new_version(studio)
        for number in range(1, 4):
            new_file(studio, f"plate.{number:04}.exr", b"x" * number)
        location = new_location(studio, studio.client.structure.standard.StandardStructure(), "compat.sequence")
        pattern = f"{studio.folder}/plate.%04d.exr [1-3]"
        component = version.create_component(pattern, {"name": "main"}, location=location)
        origin = studio.session.get("Location", studio.client.symbol.ORIGIN_LOCATION_ID)
        prefix = f"{studio.production.name.lower()}/"
        return (
            (component.entity_type, component["padding"], component["file_type"], component["size"]),
            sorted((each["name"], each["size"], each["file_type"]) for each in component["members"]),
            [each.removeprefix(prefix) for each in files_below(studio.folder / "compat.sequence")],
            (location.get_resource_identifier(component).removeprefix(prefix)),
            os.path.basename(origin.get_filesystem_path(component)),
            location.get_component_availability(component),
        )

    both(run)


def test_accessors_structures_and_transformers_of_a_studio_are_used(both: Both) -> None:
    def run(studio: Studio) -> Any:
        client = studio.client
        calls: list[Any] = []

        class StudioAccessor(client.accessor.disk.DiskAccessor):  # type: ignore[misc, name-defined]
            def get_filesystem_path(self, resource_identifier: str) -> str:
                calls.append("path")
                return str(super().get_filesystem_path(resource_identifier))

        class StudioStructure(client.structure.base.Structure):  # type: ignore[misc, name-defined]
            def get_resource_identifier(self, entity: Any, context: Any = None) -> str:
                version = entity["version"]
                calls.append((entity.entity_type, entity.session is studio.session, sorted(context)))
                parts = [self.prefix, version["asset"]["parent"]["name"], version["asset"]["name"]]
                return self.path_separator.join([*parts, f"{entity['name']}{entity['file_type']}"])

        class Transformer(client.resource_identifier_transformer.base.ResourceIdentifierTransformer):  # type: ignore[misc, name-defined]
            def encode(self, resource_identifier: str, context: Any = None) -> str:
                return f"stored/{resource_identifier}"

            def decode(self, resource_identifier: str, context: Any = None) -> str:
                assert context["component"]["name"] == "main"
                return resource_identifier.removeprefix("stored/")

        location = new_location(studio, StudioStructure(prefix="studio"), "compat.own")
        location.accessor = StudioAccessor(prefix=str(studio.folder / "compat.own"))
        location.resource_identifier_transformer = Transformer(studio.session)
        component = new_version(studio).create_component(new_file(studio), {"name": "main"}, location=location)
        path = location.get_filesystem_path(component)
        stored = studio.session.query(
            f'select resource_identifier from ComponentLocation where component_id is "{component["id"]}" '
            f'and location_id is "{location["id"]}"'
        ).one()
        return (
            type(location.accessor).__name__,
            [each for each in calls if each != "path"],
            "path" in calls,
            Path(path).relative_to(studio.folder).as_posix(),
            location.get_resource_identifier(component),
            stored["resource_identifier"],
        )

    both(run)


def test_an_accessor_without_paths_is_used(both: Both) -> None:
    def run(studio: Studio) -> Any:
        client, exception = studio.client, studio.client.exception

        class MemoryAccessor(client.accessor.base.Accessor):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.files: dict[str, Any] = {}

            def list(self, resource_identifier: str) -> Any:
                return [each for each in self.files if each.startswith(resource_identifier)]

            def exists(self, resource_identifier: str) -> bool:
                return resource_identifier in self.files

            is_file = exists

            def is_container(self, resource_identifier: str) -> bool:
                return False

            is_sequence = is_container

            def open(self, resource_identifier: str, mode: str = "rb") -> Any:
                if mode == "rb":
                    if resource_identifier not in self.files:
                        raise exception.AccessorResourceNotFoundError(resource_identifier=resource_identifier)
                    self.files[resource_identifier].seek(0)
                    return client.data.String(self.files[resource_identifier].read())
                self.files[resource_identifier] = made = client.data.String()
                made.close = lambda: None
                return made

            def remove(self, resource_identifier: str) -> None:
                del self.files[resource_identifier]

            def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
                pass

            def get_container(self, resource_identifier: str) -> str:
                return os.path.dirname(resource_identifier)

        location = new_location(studio, client.structure.id.IdStructure(), "compat.memory")
        location.accessor = accessor = MemoryAccessor()
        component = new_version(studio).create_component(new_file(studio), {"name": "main"}, location=location)
        identifier = location.get_resource_identifier(component)
        facts: list[Any] = [list(accessor.files) == [identifier], accessor.open(identifier).read()]
        facts += [
            "AccessorUnsupportedOperationError" in raised(client, lambda: location.get_filesystem_path(component))
        ]
        facts += ["AccessorUnsupportedOperationError" in raised(client, lambda: location.get_url(component))]
        disk = new_location(studio, client.structure.id.IdStructure(), "compat.copy")
        disk.add_component(component, location)
        facts += [Path(disk.get_filesystem_path(component)).read_bytes()]
        location.remove_component(component)
        return [*facts, accessor.files]

    both(run)


def test_mixins_state_how_a_location_keeps_files(both: Both) -> None:
    def run(studio: Studio) -> Any:
        client, path = studio.client, new_file(studio)
        location = studio.session.ensure("Location", {"name": f"unmanaged {studio.production.name}"})
        mixin = client.entity.location.UnmanagedLocationMixin
        client.mixin(location, mixin, name="StudioLocation")
        client.mixin(location, mixin, name="Again")
        location.accessor = client.accessor.disk.DiskAccessor(prefix="")
        location.structure = client.structure.origin.OriginStructure()
        component = studio.session.create_component(path, {"name": "unmanaged"}, location=location)
        facts: list[Any] = [location.get_filesystem_path(component) == path, type(location).__name__]
        location.remove_component(component)
        again = studio.session.get("Location", location["id"])
        return [*facts, os.path.exists(path), again is location, isinstance(again, mixin)]

    both(run)


def test_thumbnails_and_built_in_locations(both: Both) -> None:
    def run(studio: Studio) -> Any:
        symbol, session = studio.client.symbol, studio.session
        names = {
            name: session.get("Location", getattr(symbol, name))["name"]
            for name in ("ORIGIN_LOCATION_ID", "UNMANAGED_LOCATION_ID", "REVIEW_LOCATION_ID", "SERVER_LOCATION_ID")
        }
        server = session.get("Location", symbol.SERVER_LOCATION_ID)
        version = new_version(studio)
        component = version.create_component(new_file(studio, "notes.txt", b"text"), {"name": "notes"}, location=server)
        origin, kinds = session.get("Location", symbol.ORIGIN_LOCATION_ID), studio.client
        is_known = [
            isinstance(origin.accessor, kinds.accessor.disk.DiskAccessor) and origin.accessor is origin.accessor,
            isinstance(origin.structure, kinds.structure.origin.OriginStructure),
            isinstance(server.accessor, kinds.accessor.base.Accessor),
            isinstance(server.structure, kinds.structure.entity_id.EntityIdStructure),
        ]
        return (
            is_known,
            names,
            [session.get("Location", getattr(symbol, name)).priority for name in names],
            server.get_url(component).startswith(session.server_url),
            server.get_thumbnail_url(component, size=50).startswith(session.server_url),
            type(session.pick_location()).__name__ != "NoneType",
        )

    both(run)


def test_a_mixin_without_a_counterpart_says_what_to_write(compatible: Any) -> None:
    location = compatible.ensure("Location", {"name": "compat.mixin"})
    with pytest.raises(compat.exception.OperationError, match="UnmanagedLocationMixin"):
        compat.mixin(location, compat.entity.location.MemoryLocationMixin)
