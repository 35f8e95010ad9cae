"""The registry of locations: by id and name, in the order of their priorities, with the paths of the origin."""

from __future__ import annotations

from typing import Any

from ftrack_orm.schema.facts import SERVER_LOCATION_ID
from ftrack_orm.storage import locations
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.storage.locations import LocationConfiguration, LocationRegistry
from ftrack_orm.storage.transformers import ResourceIdentifierTransformer


def usable(priority: float) -> LocationConfiguration:
    return LocationConfiguration(DiskAccessor(None), priority=priority)


def test_usable_locations_are_ordered_by_priority() -> None:
    registry = LocationRegistry({"a": usable(2), "b": usable(1), "c": LocationConfiguration(priority=0)})
    assert [key for key, _ in registry.accessible()] == ["b", "a"]
    registry.get_or_add("c").accessor = DiskAccessor(None)
    assert [key for key, _ in registry.accessible()] == ["c", "b", "a"]
    assert registry.get("d") is None


def test_a_name_is_resolved_once() -> None:
    registry, main = LocationRegistry({}), usable(1)
    registry.set("studio.main", main, is_id=False)
    assert (registry.unresolved_names(), registry.accessible()) == (["studio.main"], [])
    registry.resolve("studio.main", "id")
    registry.resolve("studio.main", "other id")
    assert (registry.unresolved_names(), registry.accessible()) == ([], [("id", main)])


def test_built_in_names_need_no_lookup() -> None:
    registry, server = LocationRegistry({}), usable(1)
    registry.set("ftrack.server", server, is_id=False)
    assert registry.get(SERVER_LOCATION_ID) is server
    assert registry.unresolved_names() == []


def test_the_oldest_paths_of_the_origin_are_forgotten(monkeypatch: Any) -> None:
    monkeypatch.setattr(locations, "ORIGIN_PATHS", 2)
    registry = LocationRegistry({})
    for number in range(3):
        registry.remember_origin(str(number), f"/path/{number}")
    assert [registry.origin_of(str(number)) for number in range(3)] == [None, "/path/1", "/path/2"]
    registry.forget_origin("1")
    registry.forget_origin("1")
    assert registry.origin_of("1") is None


def test_identifiers_pass_the_transformer() -> None:
    class Upper(ResourceIdentifierTransformer):
        def encode(self, resource_identifier: str, context: Any = None) -> str:
            return f"{resource_identifier.upper()} of {context['component']}"

        def decode(self, resource_identifier: str, context: Any = None) -> str:
            return resource_identifier.partition(" of ")[0].lower()

    configuration = LocationConfiguration(resource_identifier_transformer=Upper())
    assert configuration.encode("a", "x") == "A of x"
    assert configuration.decode("A of x", "x") == "a"
    assert LocationConfiguration().encode("a", "x") == LocationConfiguration().decode("a", "x") == "a"
